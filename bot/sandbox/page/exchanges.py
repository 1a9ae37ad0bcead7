"""What passed between bot and Slack, in words and as JSON for a person to read."""

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from bot.sandbox.traffic import Exchange

LONGEST_SHOWN = 20_000

_SECRET_FIELDS = frozenset({"token", "app_token", "bot_token"})
_SECRETS = re.compile(r"\bx(?:ox[a-z]|app)-[\w-]+|(?<=[?&]ticket=)[\w-]+")
_HIDDEN = "[hidden]"


class Choice(StrEnum):
    """Which exchanges to list."""

    ALL = "All"
    CALLS = "Calls"
    DELIVERIES = "Deliveries"
    FAILED = "Failed"


_FITS: Mapping[Choice, Callable[[Exchange], bool]] = {
    Choice.ALL: lambda _: True,
    Choice.CALLS: lambda exchange: exchange.direction == "call",
    Choice.DELIVERIES: lambda exchange: exchange.direction == "delivery",
    Choice.FAILED: lambda exchange: not exchange.ok,
}


def fits(exchange: Exchange, choice: Choice) -> bool:
    return _FITS[choice](exchange)


def name(exchange: Exchange) -> str:
    """The method, or what was delivered and how."""
    if exchange.direction == "call":
        return exchange.kind
    again = f", try {exchange.retry + 1}" if exchange.retry else ""
    return f"{exchange.name} ({exchange.kind}{again})"


def verdict(exchange: Exchange) -> str:
    """How it ended: `acked`, `unreachable`, `200`, `429 ratelimited`."""
    if exchange.direction == "delivery" or exchange.ok or not isinstance(exchange.response, dict):
        return exchange.status
    return f"{exchange.status} {exchange.response.get('error', '')}".strip()


def duration(exchange: Exchange) -> str:
    """`12 ms`: how long the answer, or the acknowledgement, took."""
    return f"{exchange.ms:.0f} ms" if exchange.ms >= 1 else "<1 ms"


def as_json(value: Any) -> str:
    """The value as JSON over several lines, without secrets, and not endless."""
    text = json.dumps(_readable(value), indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}\n… (cut here)"


def _readable(value: Any, field: str = "") -> Any:
    """JSON inside a text is unfolded, as forms carry it; secrets are taken out at every depth."""
    if field in _SECRET_FIELDS and value:
        return _HIDDEN
    if isinstance(value, Mapping):
        return {key: _readable(each, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(each) for each in value]
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "["):
        try:
            return _readable(json.loads(value))
        except (ValueError, RecursionError):
            pass  # it only looked like JSON
    return _SECRETS.sub(_HIDDEN, value)
