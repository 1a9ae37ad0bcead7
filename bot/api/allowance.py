"""How often a token may be used: so many requests a minute, in all processes together."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.api.problems import Problem
from core import tokens
from core.desk import Desk
from core.tokens import WINDOW

# So many times a minute, at most, is the database asked for more of a token's minute.
BLOCKS = 20


@dataclass
class _Minute:
    """What this process holds of a token's minute: ``granted`` of it, of which it used ``used``."""

    begins: datetime | None = None
    granted: int = 0
    used: int = 0
    left: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Allowance:
    """Counts requests. They are taken from the database in blocks, so that few of them wait for it.

    What a process took and did not use is lost with the minute: never are there more requests than
    the limit, and with several processes sometimes a few less.
    """

    def __init__(self, desk: Desk, *, limit: int) -> None:
        self._desk = desk
        self._limit = limit
        self._block = max(1, limit // BLOCKS)
        self._minutes: defaultdict[int, _Minute] = defaultdict(_Minute)

    async def take(self, token_id: int) -> dict[str, str]:
        """Count one request, and return the headers that say how many more are possible.

        https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/

        Raises:
            Problem: it is one too many.
        """
        minute = self._minutes[token_id]
        async with minute.lock:
            now = datetime.now(UTC)
            begins = _beginning(now)
            if minute.begins is None or minute.begins < begins:
                minute.begins, minute.granted, minute.used, minute.left = begins, 0, 0, self._limit
            if minute.used == minute.granted and minute.left:
                granted = await self._desk.run(
                    tokens.spend,
                    token_id=token_id,
                    window_at=begins,
                    wanted=self._block,
                    limit=self._limit,
                )
                minute.granted += granted.requests
                minute.left = granted.left
            reset = max(1, round((begins + WINDOW - now).total_seconds()))
            policy = {"ratelimit-policy": f'"token";q={self._limit};w={WINDOW.seconds}'}
            if minute.used == minute.granted:
                raise Problem(
                    "too-many-requests",
                    f"This token may be used {self._limit} times a minute. Wait {reset} seconds.",
                    headers={
                        **policy,
                        "ratelimit": f'"token";r=0;t={reset}',
                        "retry-after": str(reset),
                    },
                )
            minute.used += 1
            remaining = minute.left + minute.granted - minute.used
            return {**policy, "ratelimit": f'"token";r={remaining};t={reset}'}


def _beginning(now: datetime) -> datetime:
    """The same in all processes: the beginning of the minute by the clock."""
    return now.replace(second=0, microsecond=0)
