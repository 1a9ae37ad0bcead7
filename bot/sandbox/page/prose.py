"""Passages, drawn."""

from collections.abc import Iterable

from bot.sandbox.page.emoji import drawn
from bot.sandbox.page.mrkdwn import parse
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.tags import tag
from bot.sandbox.page.text import Kind, Passage, Run
from bot.sandbox.records import Json

_TAGS = {Kind.CODE: "pre", Kind.QUOTE: "blockquote"}


def draw(passages: Iterable[Passage]) -> None:
    """One element a passage, one a run."""
    for passage in passages:
        name = _TAGS.get(passage.kind, "div")
        with tag(name, f"tl-{passage.kind}").style(f"--indent: {passage.indent}"):
            if passage.kind is Kind.ITEM:
                tag("span", "tl-marker", passage.marker)
            with tag("span", "tl-runs"):
                for run in passage.runs:
                    _run(run)


def draw_text_object(text: Json, reader: Reader) -> None:
    """A Block Kit text object, `plain_text` or `mrkdwn`."""
    if text["type"] == "mrkdwn":
        draw(parse(text["text"], reader))
    else:
        tag("span", "tl-runs", drawn(text["text"]))


def _run(run: Run) -> None:
    styles = [name for name in ("bold", "italic", "strike", "code") if getattr(run.style, name)]
    css = " ".join(f"tl-{name}" for name in [*styles, *(["mention"] if run.is_mention else [])])
    if run.href:
        target = None if run.href.startswith("/") else "_blank"
        tag("a", css, run.text, href=run.href, target=target, rel="noopener noreferrer")
    else:
        tag("span", css, run.text)
