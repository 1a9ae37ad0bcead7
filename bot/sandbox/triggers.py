"""Trigger ids: proof that a person did something just now."""

import secrets
from dataclasses import dataclass
from time import monotonic

from bot.sandbox.errors import SlackError


@dataclass(frozen=True)
class _Trigger:
    user: str
    dies_at: float
    view_id: str | None


class Triggers:
    """Issues trigger ids, which die after a few seconds and open one view each.

    https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._live: dict[str, _Trigger] = {}
        self._spent: set[str] = set()

    def issue(self, user: str, view_id: str | None = None) -> str:
        """A new trigger id of this person, from inside a modal if `view_id` is given."""
        now = monotonic()
        self._live = {
            key: trigger for key, trigger in self._live.items() if trigger.dies_at + 60 > now
        }
        trigger_id = (
            f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        )
        self._live[trigger_id] = _Trigger(user, now + self._seconds, view_id)
        return trigger_id

    def spend(self, trigger_id: str) -> tuple[str, str | None]:
        """The person, and the view they were in.

        Raises SlackError `exchanged_trigger_id`, `invalid_trigger_id` or `expired_trigger_id`.
        """
        if trigger_id in self._spent:
            raise SlackError("exchanged_trigger_id")
        trigger = self._live.pop(trigger_id, None)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if monotonic() > trigger.dies_at:
            raise SlackError("expired_trigger_id")
        self._spent.add(trigger_id)
        return trigger.user, trigger.view_id
