"""The handover summary that is built in: what stands in the ticket, in a fixed order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.text import clip, one_line

_REQUEST, _SAID = 700, 800


@dataclass(frozen=True)
class Line:
    """One message: the role and the name of who said it, what, and when."""

    role: str
    name: str
    text: str
    at: datetime


def summarise(*, number: int, title: str, standing: str, request: str, said: Sequence[Line]) -> str:
    """Put the summary together from facts alone.

    ``standing`` is status, priority and assignee in words, ``request`` what it is about, ``said``
    what was said after the request, oldest first. Never longer than a form's field.
    """
    parts = [f"#{number} {title}\n{standing}"]
    if one_line(request) != title:
        parts.append(f"Request: {clip(request, _REQUEST)}")
    asked = _last(said, "requester")
    answered = _last(said, "agent")
    if asked is not None:
        parts.append(f"{asked.name} wrote last, {_moment(asked)}: {clip(asked.text, _SAID)}")
    if answered is None:
        parts.append("Nobody has answered yet.")
    else:
        parts.append(
            f"{answered.name} answered last, {_moment(answered)}: {clip(answered.text, _SAID)}"
        )
    return "\n\n".join(parts)


def _last(said: Sequence[Line], role: str) -> Line | None:
    return next((line for line in reversed(said) if line.role == role), None)


def _moment(line: Line) -> str:
    return f"{line.at:%Y-%m-%d %H:%M} UTC"
