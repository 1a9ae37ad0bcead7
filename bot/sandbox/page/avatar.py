"""Faces made of initials."""

from zlib import crc32

from bot.sandbox.page.tags import icon, tag
from bot.sandbox.records import Person

_COLOURS = (
    "#2f6f8f", "#8a5a2b", "#4b7a3f", "#7a4b86", "#a04a4a", "#3f5f9e",
    "#6b6b2f", "#2f7f74", "#a8476f", "#5b5f6b", "#b0652a",
)  # fmt: skip


def initials(name: str) -> str:
    """The first letters of the first and the last name."""
    words = name.split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def colour(user: str) -> str:
    """The same person has the same colour on every page and after every start."""
    return _COLOURS[crc32(user.encode()) % len(_COLOURS)]


def draw_avatar(person: Person, name: str = "", css: str = "") -> None:
    """A person's initials, or an app's sign; `name` where an app gave itself another one."""
    with tag("span", f"tl-avatar {css}", aria_hidden="true") as face:
        if person.is_bot:
            face.style("background: var(--accent)")
            icon("confirmation_number")
        else:
            face.style(f"background: {colour(person.id)}")
            tag("span", "", initials(name or person.real_name))
