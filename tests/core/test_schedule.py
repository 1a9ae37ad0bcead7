"""When the digest comes, by whose clocks, and how late it may be."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import schedule
from core.desk import Desk
from core.installation import Installation
from core.settings import Settings
from storage.tables import Job

BERLIN = ZoneInfo("Europe/Berlin")
NINE = schedule.digest_times(time(9), BERLIN)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-05-04 06:59", "2026-05-04 07:00"),  # Monday, in summer two hours ahead of UTC
        ("2026-01-05 07:59", "2026-01-05 08:00"),  # in winter one
        ("2026-05-04 07:59", "2026-05-04 07:00"),  # less than an hour late
        ("2026-05-04 08:01", "2026-05-05 07:00"),  # too late for today
        ("2026-05-08 08:01", "2026-05-11 07:00"),  # Friday: the next one is Monday's
        ("2026-03-28 12:00", "2026-03-30 07:00"),  # clocks go forward on Sunday
        ("2026-10-24 12:00", "2026-10-26 08:00"),  # and back
    ],
)
def test_when_the_digest_comes(now: str, due: str) -> None:
    assert schedule.last_or_next(NINE, utc(now)) == utc(due)


@pytest.mark.parametrize(
    ("at", "now", "key"),
    [
        (time(9), "2026-05-04 07:00", "digest:2026-05-04"),
        (time(9), "2026-05-04 07:59", "digest:2026-05-04"),
        (time(9), "2026-05-04 06:59", None),
        (time(9), "2026-05-04 08:30", None),
        (time(23, 45), "2026-05-04 22:15", "digest:2026-05-04"),  # it is past midnight there
        (time(0, 15), "2026-05-04 22:15", "digest:2026-05-05"),
        (time(9), "2026-05-03 07:00", None),  # Sunday
    ],
)
def test_a_day_has_one(
    office: Session, installation: Installation, at: time, now: str, key: str | None
) -> None:
    times = schedule.digest_times(at, BERLIN)
    for _ in range(2):  # two processes, or one that was started anew
        with time_machine.travel(utc(now), tick=False):
            schedule.digest_tick(office, installation=installation, times=times)
    keys = office.scalars(select(Job.dedupe_key).where(Job.kind == "digest")).all()
    assert keys == ([key] if key else [])


async def test_it_comes_though_the_database_was_away_at_its_hour(
    staffed: Desk, installation: Installation
) -> None:
    """The clock goes on asking until it is too late for that day."""
    settings = Settings(
        _env_file=None,
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("very-secret"),
        digest_at=time(9),
        timezone=BERLIN,
    )
    at_nine = utc("2026-05-04 07:00")
    with time_machine.travel(at_nine, tick=False):
        job = schedule.scheduler(staffed, installation, settings).get_job("digest_tick")
    assert job.next_run_time == at_nine
    again = job.trigger.get_next_fire_time(at_nine, at_nine)
    assert again - at_nine <= schedule.DIGEST_GRACE / 10
    with time_machine.travel(again, tick=False):
        await job.func(*job.args, **job.kwargs)
    query = select(Job.dedupe_key).where(Job.kind == "digest")
    assert await staffed.read(lambda session: session.scalars(query).all()) == ["digest:2026-05-04"]


@pytest.mark.parametrize("missing_hour", ["2026-03-29", "2026-10-25"])
def test_a_time_that_a_night_has_not_or_twice(missing_hour: str) -> None:
    """Half past two does not exist in the one night and comes twice in the other: once a day."""
    trigger = schedule.digest_times(time(2, 30), BERLIN)
    moments: list[Any] = []
    previous = None
    now = utc(f"{missing_hour} 00:00")
    for _ in range(4):
        previous = trigger.get_next_fire_time(previous, now)
        now = previous
        moments.append(previous.date())
    assert len(set(moments)) == len(moments)
