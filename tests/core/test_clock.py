"""A clock that jumps: nothing is done twice, and nothing waits for an hour that comes again."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session
from time_machine import Traveller

from core import jobs
from core.desk import Desk
from core.jobs import Kind
from core.worker import JobKind
from storage.repositories import paces
from storage.tables import Pace, utcnow
from tests.fixtures.handlers import DONE, THRICE, Handler, Stuck, claim
from tests.fixtures.working import job_in, job_of, put, wake, working

LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
SOON = timedelta(seconds=5)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    """The time of day, to be shifted; the machine's steady clock goes on."""
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)) as clock:
        yield clock


async def test_put_forward_by_a_day_takes_no_job_from_those_who_live(
    desk: Desk, clock: Traveller
) -> None:
    """Neither from another worker nor from itself, though every lease has run out."""
    stuck, other = Stuck(), Handler()
    await put(desk, "a")
    async with working(desk, {Kind.CARD: JobKind(stuck.handle, THRICE)}):
        await stuck.started.wait()
        async with working(desk, {Kind.CARD: other.kind(), Kind.RECEIPT: other.kind()}):
            clock.shift(timedelta(days=1))
            await put(desk, "b", Kind.RECEIPT)
            await job_in(desk, "b", DONE)
            stuck.go_on.set()
            job = await job_in(desk, "a", DONE)
    assert job.attempts == 1
    assert other.handled == ["b"]


async def test_put_back_by_an_hour_leaves_what_is_due_soon_due_soon(
    desk: Desk, clock: Traveller
) -> None:
    await put(desk, "now", run_at=utcnow())
    await put(desk, "soon", run_at=utcnow() + SOON)
    await put(desk, "tomorrow", run_at=utcnow() + timedelta(days=1))
    clock.shift(-HOUR)
    now = utcnow()
    assert await desk.run(jobs.mend_times, lease=LEASE) == 3
    assert await desk.run(jobs.mend_times, lease=LEASE) == 0
    delays = {key: await _delay(desk, key, now) for key in ("now", "soon", "tomorrow")}
    assert delays == {
        "now": pytest.approx(0, abs=2),
        "soon": pytest.approx(5, abs=2),
        "tomorrow": pytest.approx(86_400, abs=2),
    }


async def _delay(desk: Desk, key: str, since: datetime) -> float:
    return ((await desk.read(job_of, key=key)).run_at - since).total_seconds()


async def test_put_back_by_an_hour_holds_up_no_job_that_was_to_be_tried_again(
    desk: Desk, clock: Traveller
) -> None:
    """It was made and tried before the clock was ahead, and put off while it was."""
    await put(desk, "a")
    job = await claim(desk, lease=LEASE)
    clock.shift(HOUR)
    await desk.run(jobs.retry, job=job, at=utcnow() + SOON, error="Slack failed")
    clock.shift(-HOUR)
    now = utcnow()
    assert await desk.run(jobs.mend_times, lease=LEASE) == 1
    assert await desk.run(jobs.mend_times, lease=LEASE) == 0
    assert await _delay(desk, "a", now) <= SOON.total_seconds()


async def test_put_back_by_an_hour_frees_the_job_of_a_dead_process_after_its_lease(
    desk: Desk, clock: Traveller
) -> None:
    await put(desk, "a")
    await claim(desk, lease=LEASE)
    clock.shift(-HOUR)
    handler = Handler()
    async with working(desk, {Kind.CARD: handler.kind()}):
        await _mended(desk)
        clock.shift(31)
        await wake(desk)
        job = await job_in(desk, "a", DONE)
    assert job.attempts == 2
    # What the dead one may have posted is looked for from before its try on.
    assert job.created_at < utcnow() - timedelta(minutes=30)


async def _mended(desk: Desk) -> None:
    async with asyncio.timeout(10):
        while True:
            until = (await desk.read(job_of, key="a")).lease_until
            if until is not None and until <= utcnow() + 2 * LEASE:
                return
            await asyncio.sleep(0.01)


async def test_put_back_by_an_hour_silences_no_channel(desk: Desk, clock: Traveller) -> None:
    def take(session: Session) -> None:
        for key, hold in (("post:C1", timedelta(seconds=1)), ("post:C2", SOON)):
            paces.take(session, key=key, now=utcnow(), interval=hold)

    await desk.run(take)
    clock.shift(-HOUR)
    await put(desk, "a", pace="post:C1")
    handler = Handler()
    async with working(desk, {Kind.CARD: handler.kind()}):
        await job_in(desk, "a", DONE)
    moments = await desk.read(lambda session: [p.next_at for p in session.query(Pace)])
    assert max(moments) <= utcnow() + SOON


async def test_what_was_asked_to_wait_waits(desk: Desk, clock: Traveller) -> None:
    """Be it in a year, or, as Slack asks for half an hour, as long as a pace is held at most."""
    await put(desk, "next year", run_at=utcnow() + timedelta(days=365))
    await put(desk, "a", pace="post:C1")
    job = await claim(desk)
    later = utcnow() + timedelta(minutes=30)
    await desk.run(jobs.retry, job=job, at=later, error="ratelimited", pace_opens=later)
    before = [(await desk.read(job_of, key=key)).run_at for key in ("next year", "a")]
    assert await desk.run(jobs.mend_times, lease=LEASE) == 0
    assert [(await desk.read(job_of, key=key)).run_at for key in ("next year", "a")] == before
    held = await desk.read(lambda session: session.query(Pace).one().next_at)
    assert held - utcnow() == pytest.approx(jobs.LONGEST_HOLD, abs=timedelta(seconds=2))
