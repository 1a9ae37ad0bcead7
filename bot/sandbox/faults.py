"""Misbehaviour on demand: what a bad day of Slack looks like, chosen by a test or a person."""

import random
from dataclasses import dataclass, replace
from enum import StrEnum

ANY = "*"


class CallFault(StrEnum):
    """What can happen to a call of the bot."""

    RATELIMITED = "ratelimited"  # 429 with Retry-After; nothing is done
    SERVER_ERROR = "server_error"  # 5xx; nothing is done
    ERROR = "error"  # ok: false with an error of your choice; nothing is done
    ANSWER_HANGS = "answer_hangs"  # done, but the answer never comes
    ANSWER_DROPPED = "answer_dropped"  # done, but the connection breaks before the answer
    SLOW = "slow"  # done and answered, late


class DeliveryFault(StrEnum):
    """What can happen to a delivery to the bot."""

    DUPLICATED = "duplicated"  # delivered twice, with the same event_id
    DUPLICATED_ANEW = "duplicated_anew"  # delivered twice, under two event_ids
    ACK_LOST = "ack_lost"  # the bot acknowledged, Slack never saw it


@dataclass(frozen=True)
class Fault:
    """One rule: strikes the next `times` matches (None: for ever), each with chance `rate`.

    `target` is a method (`chat.postMessage`), an event's type (`message`), or `*` for all.
    """

    kind: CallFault | DeliveryFault
    target: str = ANY
    times: int | None = 1
    rate: float = 1.0
    retry_after: int = 1
    status: int = 500
    seconds: float = 1.0
    error: str = "internal_error"


class Faults:
    """The rules in force. The first that matches strikes; dice are seeded, so runs repeat."""

    def __init__(self, seed: int = 0) -> None:
        self._rules: list[Fault] = []
        self._dice = random.Random(seed)  # noqa: S311 - no secret is made of it
        self.token_error: str | None = None
        self.app_token_error: str | None = None

    def add(self, fault: Fault) -> None:
        self._rules.append(fault)

    def remove(self, fault: Fault) -> None:
        """Let this rule strike no more; one that is used up already is gone anyway."""
        self._rules = [rule for rule in self._rules if rule != fault]

    def clear(self) -> None:
        """All is well again, the token too."""
        self._rules.clear()
        self.token_error = self.app_token_error = None

    @property
    def rules(self) -> tuple[Fault, ...]:
        return tuple(self._rules)

    def ratelimit(
        self, method: str = ANY, times: int | None = 1, *, retry_after: int = 1, rate: float = 1.0
    ) -> None:
        """Answer 429 with this Retry-After (seconds)."""
        self.add(Fault(CallFault.RATELIMITED, method, times, rate, retry_after=retry_after))

    def fail(
        self, method: str = ANY, times: int | None = 1, *, status: int = 500, rate: float = 1.0
    ) -> None:
        """Answer with an HTTP error."""
        self.add(Fault(CallFault.SERVER_ERROR, method, times, rate, status=status))

    def error(self, method: str, error: str, times: int | None = 1, *, rate: float = 1.0) -> None:
        """Answer `ok: false` with this error."""
        self.add(Fault(CallFault.ERROR, method, times, rate, error=error))

    def hang(self, method: str = ANY, times: int | None = 1, *, rate: float = 1.0) -> None:
        """Do what was asked, and never answer."""
        self.add(Fault(CallFault.ANSWER_HANGS, method, times, rate))

    def drop_answer(self, method: str = ANY, times: int | None = 1, *, rate: float = 1.0) -> None:
        """Do what was asked, then break the connection instead of answering."""
        self.add(Fault(CallFault.ANSWER_DROPPED, method, times, rate))

    def slow(
        self, method: str = ANY, seconds: float = 1.0, times: int | None = 1, *, rate: float = 1.0
    ) -> None:
        """Answer this many seconds late."""
        self.add(Fault(CallFault.SLOW, method, times, rate, seconds=seconds))

    def duplicate(
        self, event: str = ANY, times: int | None = 1, *, anew: bool = False, rate: float = 1.0
    ) -> None:
        """Deliver an event twice; `anew`: the second time under another event_id."""
        kind = DeliveryFault.DUPLICATED_ANEW if anew else DeliveryFault.DUPLICATED
        self.add(Fault(kind, event, times, rate))

    def lose_ack(self, event: str = ANY, times: int | None = 1, *, rate: float = 1.0) -> None:
        """Let the bot's acknowledgement get lost on its way, so that Slack delivers again."""
        self.add(Fault(DeliveryFault.ACK_LOST, event, times, rate))

    def revoke_token(self, error: str = "invalid_auth") -> None:
        """Refuse the bot token from now on (or `token_revoked`, `account_inactive`)."""
        self.token_error = error

    def revoke_app_token(self, error: str = "invalid_auth") -> None:
        """Refuse the app-level token from now on; connections that stand stay."""
        self.app_token_error = error

    def strike_call(self, method: str) -> Fault | None:
        """The fault that strikes this call, if any; uses it up."""
        return self._strike(CallFault, method)

    def strike_delivery(self, event: str, *kinds: DeliveryFault) -> Fault | None:
        """The fault of these kinds that strikes this delivery, if any; uses it up."""
        return self._strike(DeliveryFault, event, kinds)

    def _strike(
        self,
        side: type[CallFault] | type[DeliveryFault],
        target: str,
        kinds: tuple[DeliveryFault, ...] = (),
    ) -> Fault | None:
        for index, rule in enumerate(self._rules):
            if not isinstance(rule.kind, side) or rule.target not in (ANY, target):
                continue
            if (kinds and rule.kind not in kinds) or self._dice.random() >= rule.rate:
                continue
            if rule.times is not None:
                self._rules[index : index + 1] = (
                    [replace(rule, times=rule.times - 1)] if rule.times > 1 else []
                )
            return rule
        return None
