"""A record of everything that passed between the bot and Slack."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.sandbox.changes import Changes
from bot.sandbox.records import Json

Direction = Literal["call", "delivery"]


@dataclass(frozen=True)
class Exchange:
    """One call of the bot, or one delivery to it.

    `kind` is the method (`chat.postMessage`, `response_url`) or the envelope's type
    (`events_api`, `slash_commands`, `interactive`); `name` is the event's type, the command or
    the interaction's type. `status` is an HTTP status for calls and `acked`, `timeout`,
    `refused`, `unreachable` for deliveries. `ms` is how long the answer took.
    """

    at: datetime
    direction: Direction
    kind: str
    name: str
    payload: Json
    response: Any
    status: str
    ms: float
    retry: int = 0
    fault: str | None = None

    @property
    def ok(self) -> bool:
        if self.direction == "delivery":
            return self.status == "acked"
        return isinstance(self.response, dict) and self.response.get("ok") is True


class Traffic:
    """The newest `limit` exchanges, oldest first."""

    def __init__(self, limit: int = 5_000) -> None:
        self.changes: Changes[Exchange] = Changes()
        self._exchanges: deque[Exchange] = deque(maxlen=limit)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)

    def record(
        self,
        direction: Direction,
        kind: str,
        *,
        name: str = "",
        payload: Json,
        response: Any,
        status: str,
        ms: float,
        retry: int = 0,
        fault: str | None = None,
    ) -> None:
        exchange = Exchange(
            at=datetime.now(UTC),
            direction=direction,
            kind=kind,
            name=name,
            payload=payload,
            response=response,
            status=status,
            ms=ms,
            retry=retry,
            fault=fault,
        )
        self._exchanges.append(exchange)
        self.changes.publish(exchange)

    def calls(self, method: str | None = None) -> list[Exchange]:
        """Calls of the bot, of one method if given."""
        return [
            exchange
            for exchange in self._exchanges
            if exchange.direction == "call" and method in (None, exchange.kind)
        ]

    def deliveries(self, name: str | None = None) -> list[Exchange]:
        """Deliveries to the bot, of one event, command or interaction type if given."""
        return [
            exchange
            for exchange in self._exchanges
            if exchange.direction == "delivery" and name in (None, exchange.name)
        ]

    @property
    def rate_limited(self) -> list[Exchange]:
        """Every call that was answered 429."""
        return [exchange for exchange in self._exchanges if exchange.status == "429"]

    def clear(self) -> None:
        self._exchanges.clear()
