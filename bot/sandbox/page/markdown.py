"""The `markdown` block: standard Markdown, read into passages.

https://docs.slack.dev/reference/block-kit/blocks/markdown-block
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.sandbox.page.emoji import drawn
from bot.sandbox.page.text import Kind, Passage, Run, Style, harmless

_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


@dataclass
class _Place:
    """Where in the document the reading is: inside which lists, a heading, a quote."""

    lists: list[int | None] = field(default_factory=list)
    marker: str = ""
    kind: Kind = Kind.TEXT


def parse(text: str) -> tuple[Passage, ...]:
    """Headings, paragraphs, lists, quotes and code; HTML in it stays text."""
    reading = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    return tuple(_passages(reading.parse(text)))


def _passages(tokens: Sequence[Token]) -> Iterator[Passage]:
    place = _Place()
    for token in tokens:
        if token.type == "inline":
            runs = tuple(_runs(token.children or ()))
            kind = Kind.ITEM if place.lists else place.kind
            yield Passage(kind, runs, max(0, len(place.lists) - 1), place.marker)
            place.marker = ""
        elif token.type in ("fence", "code_block"):
            yield Passage(Kind.CODE, (Run(token.content.rstrip("\n")),))
        else:
            _move(place, token)


def _move(place: _Place, token: Token) -> None:
    """Enter or leave a list, an item, a heading or a quote."""
    match token.type:
        case "bullet_list_open":
            place.lists.append(None)
        case "ordered_list_open":
            place.lists.append(int(token.attrGet("start") or 1))
        case "bullet_list_close" | "ordered_list_close":
            place.lists.pop()
        case "list_item_open":
            number = place.lists[-1]
            place.marker = "•" if number is None else f"{number}."
            place.lists[-1] = None if number is None else number + 1
        case "heading_open":
            place.kind = Kind.HEADING
        case "blockquote_open":
            place.kind = Kind.QUOTE
        case "heading_close" | "blockquote_close":
            place.kind = Kind.TEXT


def _runs(tokens: Sequence[Token]) -> Iterator[Run]:
    style, href = Style(), None
    for token in tokens:
        name, _, edge = token.type.rpartition("_")
        if name in _STYLES:
            style = replace(style, **{_STYLES[name]: edge == "open"})
        elif name == "link":
            href = harmless(str(token.attrGet("href"))) if edge == "open" else None
        elif token.type == "code_inline":
            yield Run(token.content, replace(style, code=True), href)
        elif token.type in ("softbreak", "hardbreak"):
            yield Run("\n", style)
        elif token.content:
            yield Run(drawn(token.content), style, href)
