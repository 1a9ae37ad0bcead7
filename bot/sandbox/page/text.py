"""Formatted text, whatever it was written in: passages made of runs.

Nothing here is markup. A passage is drawn as elements whose text the browser never parses.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_LINKABLE = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


class Kind(StrEnum):
    """What a passage is."""

    TEXT = "text"
    HEADING = "heading"
    QUOTE = "quote"
    CODE = "code"
    ITEM = "item"


@dataclass(frozen=True)
class Style:
    """How a run looks."""

    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style; `href` only ever holds a harmless link."""

    text: str
    style: Style = Style()
    href: str | None = None
    is_mention: bool = False


@dataclass(frozen=True)
class Passage:
    """A paragraph, a heading, a quote, a block of code or an item of a list.

    `marker` stands before an item: a bullet or its number. `indent` is how deep it lies.
    """

    kind: Kind
    runs: tuple[Run, ...]
    indent: int = 0
    marker: str = ""

    @property
    def plain(self) -> str:
        """The words without their formatting."""
        return "".join(run.text for run in self.runs)


def harmless(url: str) -> str | None:
    """The URL if it may become a link: the web, mail and telephone, but no scripts."""
    return url if _LINKABLE.match(url) else None


def plain(passages: tuple[Passage, ...]) -> str:
    """The words of all passages, for a name or a notification."""
    return "\n".join(passage.plain for passage in passages)
