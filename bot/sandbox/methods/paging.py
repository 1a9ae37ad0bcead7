"""Cursor pagination: https://docs.slack.dev/apis/web-api/pagination."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call

Item = TypeVar("Item")


def page(
    call: Call, items: Sequence[Item], key: Callable[[Item], str], *, default: int = 100
) -> tuple[list[Item], str]:
    """The page asked for by `cursor` and `limit`, and the next cursor (empty on the last page).

    Raises SlackError `invalid_limit` (1 to 999 are allowed) or `invalid_cursor`.
    """
    limit = _limit(call.text("limit"), default)
    start = 0
    if cursor := call.text("cursor"):
        wanted = _decode(cursor)
        positions = [place for place, item in enumerate(items) if key(item) == wanted]
        if not positions:
            raise SlackError("invalid_cursor")
        start = positions[0]
    rest = items[start : start + limit + 1]
    following = _encode(key(rest[limit])) if len(rest) > limit else ""
    return list(rest[:limit]), following


def _limit(text: str, default: int) -> int:
    if text in ("", "0"):
        return default
    if not text.isdecimal() or int(text) > 1_000:
        raise SlackError("invalid_limit")
    return min(int(text), 999)


def _encode(key: str) -> str:
    return base64.b64encode(f"next:{key}".encode()).decode()


def _decode(cursor: str) -> str:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as malformed:
        raise SlackError("invalid_cursor") from malformed
    if not text.startswith("next:"):
        raise SlackError("invalid_cursor")
    return text.removeprefix("next:")
