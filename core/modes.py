"""What becomes a ticket, as operators and admins set it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Mode(StrEnum):
    """Which messages of an intake channel become tickets by themselves."""

    ALL = "all"
    EMOJI = "emoji"


@dataclass(frozen=True)
class Rules:
    """What holds for the ways in.

    ``modes`` are the operator's, by channel id. ``emoji`` is a name without colons, ``bots`` are
    the ids of bots and apps whose posts are requests. Messages that one author writes within
    ``group_window`` are one request. Nobody but agents opens more than ``most_requests`` tickets in
    ten minutes. More receipts than ``receipts_per_minute`` in a channel wait for ``rush_window``.
    """

    modes: Mapping[str, Mode] = field(default_factory=dict)
    emoji: str = "ticket"
    bots: frozenset[str] = frozenset()
    group_window: timedelta = timedelta(minutes=2)
    most_requests: int = 10
    receipts_per_minute: int = 30
    rush_window: timedelta = timedelta(minutes=1)

    @property
    def emoji_code(self) -> str:
        """The emoji as it is typed."""
        return f":{self.emoji}:"
