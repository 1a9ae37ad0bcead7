"""Ids and timestamps that look like Slack's."""

import secrets
import string
import time

_ALPHABET = string.ascii_uppercase + string.digits


def new_id(prefix: str) -> str:
    """An id such as `U0AB12CD34E`."""
    return prefix + "0" + "".join(secrets.choice(_ALPHABET) for _ in range(9))


def new_block_id() -> str:
    """What Slack puts where a block has no `block_id`, or an element no `action_id`."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(5))


def new_hash() -> str:
    """The `hash` of a view, new with each version of it."""
    return f"{int(time.time())}.{secrets.token_urlsafe(6)}"


class Timestamps:
    """Message timestamps: strictly rising, unique in the workspace."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """The next one, as `1700000000.000100`: seconds and microseconds."""
        self._last = max(self._last + 1, time.time_ns() // 1_000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
