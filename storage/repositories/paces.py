"""Questions about Slack's limits."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage.tables import Pace
from storage.upsert import insert_or_update


def take(session: Session, *, key: str, now: datetime, interval: timedelta) -> bool:
    """Take the slot that is free now, so that the next one comes after ``interval``."""
    return insert_or_update(
        session,
        Pace,
        key=[Pace.key],
        values={"key": key, "next_at": now + interval},
        only_if=Pace.next_at <= now,
    )


def hold(session: Session, *, key: str, until: datetime) -> None:
    """Let nothing more out before ``until``, because Slack said so."""
    insert_or_update(
        session,
        Pace,
        key=[Pace.key],
        values={"key": key, "next_at": until},
        only_if=Pace.next_at < until,
    )
