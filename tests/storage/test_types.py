"""What the column types promise."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from storage.tables import Pace


def test_a_naive_datetime_is_refused(session: Session) -> None:
    session.add(Pace(key="post", next_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - on purpose
    with pytest.raises(StatementError, match="naive datetime"):
        session.flush()


def test_a_moment_is_the_same_moment_when_read(session: Session) -> None:
    tokyo = timezone(timedelta(hours=9))
    stored = datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=tokyo)
    session.add(Pace(key="post", next_at=stored))
    session.flush()
    session.expire_all()
    read = session.scalars(select(Pace.next_at)).one()
    assert read == stored
    assert read.utcoffset() == timedelta(0)


def test_moments_are_compared_as_moments(session: Session) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    session.add(Pace(key="post", next_at=noon))
    session.flush()
    later_by_its_clock = datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=9)))
    assert session.scalars(select(Pace).where(Pace.next_at > later_by_its_clock)).all()
    assert not session.scalars(select(Pace).where(Pace.next_at > noon)).all()
