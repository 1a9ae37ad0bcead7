"""Requests that come twice are done once: what was answered is written with what was done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from core.errors import Refusal
from storage.repositories import tokens
from storage.tables import ApiAnswer, utcnow
from storage.upsert import put_if_absent

KEPT = timedelta(hours=24)
PRUNED_AT_ONCE = 1_000


class KeyReused(Refusal):
    """Another request came under the same key."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request within the last 24 hours. Use a "
            "new key for each new request."
        )


@dataclass(frozen=True)
class Answer:
    """What a request is answered: ``body`` is JSON."""

    status: int
    body: str
    location: str | None = None


@dataclass(frozen=True)
class Key:
    """Under which a request may come again; ``fingerprint`` is of the request itself."""

    token_id: int
    key: str
    fingerprint: str
    part: int = 0


def once(session: Session, *, key: Key | None, work: Callable[[Session], Answer]) -> Answer:
    """Do the work, or return what was answered when it was done under the same key.

    Of two at once the second waits until the first is committed. What was refused leaves nothing,
    the key neither.

    Raises:
        KeyReused: the key belongs to another request. And whatever ``work`` raises.
    """
    if key is None:
        return work(session)
    now = utcnow()
    given = _given(session, key)
    if given is not None and given.created_at < now - KEPT:
        session.delete(given)
        session.flush()
    is_first = put_if_absent(
        session,
        ApiAnswer,
        token_id=key.token_id,
        key=key.key,
        part=key.part,
        fingerprint=key.fingerprint,
        created_at=now,
    )
    answer = work(session) if is_first else None
    row = _given(session, key)
    if row is None:
        raise RuntimeError("an answer is gone that was there a moment ago")
    if answer is not None:
        row.status, row.body, row.location = answer.status, answer.body, answer.location
        return answer
    if row.fingerprint != key.fingerprint:
        raise KeyReused
    if row.status is None or row.body is None:
        raise RuntimeError("an answer was committed half written")
    return Answer(row.status, row.body, row.location)


def _given(session: Session, key: Key) -> ApiAnswer | None:
    return tokens.answer(session, token_id=key.token_id, key=key.key, part=key.part)


def prune(session: Session) -> int:
    """Delete answers that are older than a day; return how many, 1,000 at most."""
    return tokens.prune_answers(session, given_before=utcnow() - KEPT, limit=PRUNED_AT_ONCE)
