"""Questions about Slack's limits."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from storage.tables import Pace
from storage.upsert import put_if_absent


def take(session: Session, *, key: str, now: datetime, interval: timedelta) -> bool:
    """Take the slot that is free now, so that the next one comes after ``interval``."""
    return _set(session, key, now + interval, only_if=Pace.next_at <= now)


def hold(session: Session, *, key: str, until: datetime) -> None:
    """Let nothing more out before ``until``, because Slack said so."""
    _set(session, key, until, only_if=Pace.next_at < until)


def release(session: Session, *, beyond: datetime, to: datetime) -> int:
    """Let what may not go out before that moment go out then; return how many paces that are."""
    released = session.execute(
        update(Pace).where(Pace.next_at > beyond).values(next_at=to).returning(Pace.key),
        execution_options={"synchronize_session": False},
    )
    return len(released.all())


def prune(session: Session, *, opened_before: datetime) -> None:
    """Forget paces that have been open since then: each claim reads all that there are."""
    # A claim locks paces in the order of their names: whoever holds one is not waited for.
    idle = select(Pace.key).where(Pace.next_at < opened_before).with_for_update(skip_locked=True)
    session.execute(
        delete(Pace).where(Pace.key.in_(idle)),
        execution_options={"synchronize_session": False},
    )


def _set(session: Session, key: str, next_at: datetime, *, only_if: ColumnElement[bool]) -> bool:
    moved = session.scalar(
        update(Pace).where(Pace.key == key, only_if).values(next_at=next_at).returning(Pace.key),
        execution_options={"synchronize_session": False},
    )
    if moved is not None:
        return True
    return put_if_absent(session, Pace, key=key, next_at=next_at)
