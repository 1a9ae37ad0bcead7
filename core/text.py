"""Untrusted text, bounded and made storable where it enters."""

import re
from collections.abc import Sequence
from typing import Any

# Slack cuts a message at 40,000 characters: https://docs.slack.dev/reference/methods/chat.postMessage
MESSAGE_LIMIT = 40_000
TITLE_LIMIT = 150

# Control characters but tab and newline; the marks that turn the direction of a whole line; and
# lone surrogates, which no encoding can store.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")


def clean(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return the text without what no database or screen can hold, cut to ``limit`` characters."""
    return clip(_UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip(), limit)


def clip(text: str, limit: int) -> str:
    """Return the text, its end replaced by an ellipsis where it is longer than ``limit``."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(text: str, limit: int = TITLE_LIMIT) -> str:
    """Return the text on one line, as for a title."""
    return clip(_SPACE.sub(" ", clean(text)).strip(), limit)


def title_of(text: str, files: Sequence[dict[str, Any]]) -> str:
    """Return what a request is called until it is triaged."""
    first_line = one_line(next((line for line in text.splitlines() if line.strip()), ""))
    if first_line:
        return first_line
    names = ", ".join(str(file.get("name", "a file")) for file in files)
    return one_line(f"Request without text: {names}" if names else "Request without text")
