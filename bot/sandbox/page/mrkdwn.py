"""Slack's own text format, read into passages.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from bot.sandbox.formatting import unescape
from bot.sandbox.page.dates import formatted
from bot.sandbox.page.emoji import drawn
from bot.sandbox.page.links import link
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.text import Kind, Passage, Run, Style
from bot.sandbox.workspace import Workspace

_FENCE = re.compile(r"```\n?(.+?)\n?```\n?", re.DOTALL)
_WHOLE_QUOTE = re.compile(r"^(?:&gt;|>){3} ?", re.MULTILINE)
_QUOTED_LINE = re.compile(r"^(?:&gt;|>) ?")


def _between(name: str, mark: str) -> str:
    """Text between two marks at the edges of words; links and code inside are left whole."""
    inner = rf"(?:<[^<>\n]*>|`[^`\n]*`|[^{mark}<`\n])+?"
    return rf"(?<![\w{mark}])[{mark}](?=\S)(?P<{name}>{inner})(?<=\S)[{mark}](?![\w{mark}])"


_MARKED = re.compile(
    "|".join(
        (
            r"`(?P<code>[^`\n]+)`",
            r"<(?P<control>[^<>\n]+)>",
            _between("bold", "*"),
            _between("italic", "_"),
            _between("strike", "~"),
        )
    )
)


def parse(text: str, reader: Reader) -> tuple[Passage, ...]:
    """Paragraphs, quotes and blocks of code, as Slack would show them to the reader."""
    return tuple(_passages(text, reader))


def _passages(text: str, reader: Reader) -> Iterator[Passage]:
    position = 0
    for fence in _FENCE.finditer(text):
        yield from _prose(text[position : fence.start()].removesuffix("\n"), reader)
        yield Passage(Kind.CODE, (Run(_code(fence[1], reader)),))
        position = fence.end()
    yield from _prose(text[position:], reader)


def _prose(text: str, reader: Reader) -> Iterator[Passage]:
    """Lines outside code; three `>` make a quote of all that follows."""
    start = _WHOLE_QUOTE.search(text)
    lines = (text[: start.start()] if start else text).split("\n")
    for is_quote, group in groupby(lines, key=lambda line: bool(_QUOTED_LINE.match(line))):
        joined = "\n".join(_QUOTED_LINE.sub("", line) if is_quote else line for line in group)
        if joined.strip():
            kind = Kind.QUOTE if is_quote else Kind.TEXT
            yield Passage(kind, tuple(_runs(joined.strip("\n"), Style(), reader)))
    if start:
        yield Passage(Kind.QUOTE, tuple(_runs(text[start.end() :], Style(), reader)))


def _runs(text: str, style: Style, reader: Reader) -> Iterator[Run]:
    position = 0
    for marked in _MARKED.finditer(text):
        yield from _words(text[position : marked.start()], style)
        name, inner = marked.lastgroup, marked[marked.lastgroup or 0]
        if name == "code":
            yield Run(_code(inner, reader), replace(style, code=True))
        elif name == "control":
            yield _control(inner, style, reader)
        else:
            yield from _runs(inner, replace(style, **{str(name): True}), reader)
        position = marked.end()
    yield from _words(text[position:], style)


def _words(text: str, style: Style) -> Iterator[Run]:
    if text:
        yield Run(drawn(unescape(text)), style)


def _code(text: str, reader: Reader) -> str:
    """Code keeps its characters; what Slack linked inside it is shown as it was written."""
    return unescape(
        re.sub(r"<([^<>\n]+)>", lambda match: _control(match[1], Style(), reader).text, text)
    )


def _control(content: str, style: Style, reader: Reader) -> Run:
    """What stands between angle brackets: a mention, a date or a link."""
    target, _, label = content.partition("|")
    name = target[1:].partition("|")[0]
    match target[0]:
        case "@":
            return Run(reader.person(name), style, is_mention=True)
        case "#":
            return Run(reader.channel(name), style, is_mention=True)
        case "!":
            return _special(target[1:], label, style, reader)
        case _:
            return link(reader, unescape(target), drawn(unescape(label)), style)


def _special(target: str, label: str, style: Style, reader: Reader) -> Run:
    kind, *arguments = target.split("^")
    if kind == "date" and len(arguments) > 1:
        text = formatted(reader, arguments[0], unescape(arguments[1]), unescape(label))
        return (
            link(reader, unescape(arguments[2]), text, style) if arguments[2:] else Run(text, style)
        )
    if kind == "subteam" and arguments:
        return Run(reader.usergroup(arguments[0]), style, is_mention=True)
    return Run(unescape(label) or f"@{kind}", style, is_mention=True)


def as_typed(text: str, workspace: Workspace) -> str:
    """The text as a person would type it: names for mentions, bare links, no entities."""
    return unescape(re.sub(r"<([^<>\n]+)>", lambda match: _typed(match[1], workspace), text))


def _typed(content: str, workspace: Workspace) -> str:
    target, _, label = content.partition("|")
    if target[1:] in workspace.people:
        return f"@{workspace.people[target[1:]].name}"
    if target[0] == "#":
        return f"#{label or target[1:]}"
    return f"@{target[1:]}" if target[0] == "!" else target
