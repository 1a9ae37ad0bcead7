"""Where a page of a list ends, as an opaque text that belongs to that very list."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import blake2b
from typing import Annotated

from fastapi import Query

from bot.api.problems import Problem
from core.rights import LARGEST_NUMBER

_FORM = struct.Struct(">q8s")

Cursor = Annotated[
    str | None, Query(max_length=100, description="What the page before said as next_cursor.")
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]


def after(position: int, *, of: str) -> str:
    """Return the cursor of what follows that position in the list ``of``."""
    packed = _FORM.pack(position, _mark(of))
    return urlsafe_b64encode(packed).decode().rstrip("=")


def position(cursor: str | None, *, of: str) -> int | None:
    """Return where the list goes on, None for its beginning.

    Raises:
        Problem: it is no cursor, or one of another list.
    """
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        number, mark = _FORM.unpack(urlsafe_b64decode(padded))
    except (UnicodeEncodeError, Error, ValueError, struct.error):
        raise _bad() from None
    if mark != _mark(of) or not 0 < number <= LARGEST_NUMBER:
        raise _bad()
    return int(number)


def _mark(of: str) -> bytes:
    return blake2b(of.encode(errors="replace"), digest_size=8).digest()


def _bad() -> Problem:
    return Problem(
        "bad-cursor",
        "Take next_cursor as the page before gave it, with the same filters, or leave it out to "
        "begin anew.",
    )
