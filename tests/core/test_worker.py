"""The worker: what becomes of jobs, whatever their handlers and the databases do."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from core import worker
from core.desk import Desk
from core.errors import Permanent, Postponed, Transient
from core.jobs import Closing, Kind
from core.retry import Policy
from core.worker import JobKind, Slot
from storage.database import Database
from storage.tables import Job, utcnow
from tests.fixtures.handlers import (
    A_DAY,
    DONE,
    FAILED,
    PENDING,
    RUNNING,
    THRICE,
    Handler,
    Stuck,
    attempts,
    notes,
)
from tests.fixtures.working import job_in, job_of, put, until, wake, working


async def test_a_job_and_what_it_writes_end_together(desk: Desk) -> None:
    handler = Handler()
    await put(desk, "a")
    async with working(desk, {Kind.CARD: handler.kind()}):
        await put(desk, "b")
        await job_in(desk, "a", DONE)
        job = await job_in(desk, "b", DONE)
    assert sorted(await notes(desk)) == ["done a", "done b"]
    assert await attempts(desk) == [(1, "done"), (1, "done")]
    assert (job.attempts, job.lease_token, job.last_error) == (1, None, None)
    assert job.finished_at is not None


async def test_a_failed_try_waits_longer_each_time(desk: Desk) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    handler = Handler([Transient("no answer"), Transient("no answer")])
    with time_machine.travel(start, tick=False) as clock:
        await put(desk, "a")
        async with working(desk, {Kind.CARD: handler.kind()}):
            for tries, shortest in ((1, 2), (2, 4)):
                await until(partial(handler.has_tried, tries))
                job = await job_in(desk, "a", PENDING)
                delay = (job.run_at - utcnow()).total_seconds()
                assert shortest <= delay <= shortest * 1.5
                assert job.last_error == "no answer"
                clock.shift(delay)
                await wake(desk)
            job = await job_in(desk, "a", DONE)
    assert job.attempts == 3
    assert await attempts(desk) == [(1, "retry"), (2, "retry"), (3, "done")]
    assert await notes(desk) == ["done a"]


async def test_the_last_failed_try_gives_up(desk: Desk) -> None:
    handler = Handler([Transient("one"), Transient("two")])
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC)) as clock:
        await put(desk, "a")
        async with working(desk, {Kind.CARD: handler.kind(Policy(max_attempts=2))}):
            await until(lambda: len(handler.errors) == 1)
            await job_in(desk, "a", PENDING)
            clock.shift(10)
            await wake(desk)
            job = await job_in(desk, "a", FAILED)
    assert job.last_error == "two"
    assert handler.given_up == ["two"]
    assert await notes(desk) == ["gave up a"]
    assert await attempts(desk) == [(1, "retry"), (2, "failed")]


async def test_what_cannot_be_mended_is_given_up_at_once(desk: Desk) -> None:
    handler = Handler([Permanent("channel_not_found")])
    await put(desk, "a")
    async with working(desk, {Kind.CARD: handler.kind(A_DAY)}):
        job = await job_in(desk, "a", FAILED)
    assert (job.attempts, job.last_error) == (1, "channel_not_found")
    assert handler.given_up == ["channel_not_found"]


async def test_what_waited_over_a_weekend_is_worth_one_try(desk: Desk) -> None:
    """A token was revoked on Friday and mended on Monday: nothing is given up untried."""

    def weekend(session: Session) -> None:
        job = job_of(session, key="a")
        job.attempts, job.started_at = 1, utcnow() - timedelta(days=3)

    handler = Handler()
    await put(desk, "a")
    await desk.run(weekend)
    async with working(desk, {Kind.CARD: handler.kind(A_DAY)}):
        await job_in(desk, "a", DONE)
    assert not handler.given_up


async def test_a_postponed_try_does_not_count(desk: Desk) -> None:
    handler = Handler([Postponed("breaker open", retry_after=0) for _ in range(7)])
    await put(desk, "a")
    async with working(desk, {Kind.CARD: handler.kind()}):
        job = await job_in(desk, "a", DONE)
    assert job.attempts == 1
    assert len(handler.handled) == 8
    assert await attempts(desk) == [(1, "postponed")] * 7 + [(1, "done")]


async def test_a_limit_holds_up_others_no_longer_than_slack_asks(desk: Desk) -> None:
    """However long the job itself waits, as one does that failed often."""

    def often(session: Session) -> None:
        job_of(session, key="a").attempts = 9

    handler = Handler([Transient("Slack limits it", retry_after=1)])
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as clock:
        await put(desk, "a", pace="post:C1")
        await desk.run(often)
        async with working(desk, {Kind.CARD: handler.kind(A_DAY)}):
            await until(lambda: not handler.errors)
            job = await job_in(desk, "a", PENDING)
            await put(desk, "b", pace="post:C1")
            clock.shift(1)
            await wake(desk)
            await job_in(desk, "b", DONE)
            assert job.run_at - utcnow() > timedelta(minutes=5)


async def test_a_bug_in_a_handler_does_not_stop_the_queue(desk: Desk) -> None:
    handler = Handler([KeyError("bug")])
    await put(desk, "a")
    async with working(desk, {Kind.CARD: handler.kind()}):
        await until(lambda: not handler.errors)
        job = await job_in(desk, "a", PENDING)
        assert job.last_error == "KeyError: 'bug'"
        await put(desk, "b")
        await job_in(desk, "b", DONE)


async def test_an_error_that_no_database_can_store_is_written_nevertheless(desk: Desk) -> None:
    handler = Handler([Transient("bad \x00 \ud800 text")])
    await put(desk, "a")
    async with working(desk, {Kind.CARD: handler.kind()}):
        await until(lambda: not handler.errors)
        job = await job_in(desk, "a", PENDING)
    assert job.last_error == "bad   text"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda _session: 1 / 0, id="a bug"),
        pytest.param(
            lambda session: session.execute(text("SELECT * FROM nowhere")), id="refused by database"
        ),
    ],
)
async def test_an_end_that_cannot_be_written_is_a_failed_try(
    desk: Desk, broken: Callable[[Session], Any]
) -> None:
    async def handle(job: Job) -> Closing:
        return broken

    await put(desk, "a")
    handler = Handler()
    kind = JobKind(handle, Policy(max_attempts=1), give_up=handler.give_up)
    async with working(desk, {Kind.CARD: kind}):
        job = await job_in(desk, "a", FAILED)
    assert job.last_error
    assert await notes(desk) == ["gave up a"]


async def test_a_broken_giving_up_leaves_the_rest_of_the_queue_alone(desk: Desk) -> None:
    handler = Handler([Permanent("gone")])

    def give_up(job: Job, reason: str) -> Closing:
        return lambda session: session.bug()  # type: ignore[attr-defined]

    kinds = {Kind.CARD: JobKind(handler.handle, THRICE, give_up=give_up)}
    await put(desk, "a")
    with capture_logs() as logs:
        async with working(desk, kinds):
            await until(lambda: any(log["log_level"] == "error" for log in logs))
            await put(desk, "b")
            await job_in(desk, "b", DONE)
            assert (await desk.read(job_of, key="a")).state is RUNNING
    assert any(log["event"] == "a bug in how a job is given up" for log in logs)


async def test_a_database_that_is_locked_for_a_while(database: Database) -> None:
    impatient = _impatient_sqlite if database.is_sqlite else _impatient_postgresql
    event.listen(database.engine, "connect", impatient)
    desk, other = Desk(database), Database(database.url)
    stuck = Stuck()
    await put(desk, "a")
    await put(desk, "b")
    kinds = {Kind.CARD: JobKind(stuck.handle, THRICE)}
    with capture_logs() as logs, ExitStack() as lock:
        async with working(desk, kinds, slots={Slot.SLACK: 1}, lease=timedelta(seconds=0.5)):
            await stuck.started.wait()
            session = lock.enter_context(other.writing())
            lock_all = "SELECT 1" if database.is_sqlite else "LOCK TABLE jobs"
            session.execute(text(lock_all))
            stuck.go_on.set()
            await until(lambda: any("could not be written" in log["event"] for log in logs))
            await until(lambda: any("cannot be read" in log["event"] for log in logs))
            lock.close()
            await job_in(desk, "a", DONE)
            await job_in(desk, "b", DONE)
    assert await notes(desk) == ["done at last"] * 2
    desk.close()
    other.dispose()


def _impatient_sqlite(connection: Any, _record: object) -> None:
    """Give locks up soon, so that the test need not wait as long as people would."""
    connection.execute("PRAGMA busy_timeout = 50")


def _impatient_postgresql(connection: Any, _record: object) -> None:
    connection.execute("SET lock_timeout = '50ms'")
    connection.commit()


async def test_a_busy_model_does_not_hold_up_slack(desk: Desk) -> None:
    stuck, slack = Stuck(), Handler()
    kinds = {
        Kind.TRIAGE: JobKind(stuck.handle, THRICE, Slot.MODEL),
        Kind.CARD: slack.kind(),
    }
    for number in range(4):
        await put(desk, f"triage:{number}", Kind.TRIAGE)
    await put(desk, "card")
    async with working(desk, kinds):
        await job_in(desk, "card", DONE)
        states = [(await desk.read(job_of, key=f"triage:{number}")).state for number in range(4)]
        assert states == [RUNNING, RUNNING, PENDING, PENDING]
        stuck.go_on.set()
        for number in range(4):
            await job_in(desk, f"triage:{number}", DONE)


async def test_it_sleeps_until_the_next_job_is_due(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nobody wakes it: not until it would look of its own accord."""
    monkeypatch.setattr(worker, "POLL", timedelta(minutes=1))
    await put(desk, "now")
    await put(desk, "soon", run_at=utcnow() + timedelta(seconds=0.5))
    async with working(desk, {Kind.CARD: Handler().kind()}):
        await job_in(desk, "now", DONE)
        await job_in(desk, "soon", DONE)


async def test_two_workers_do_each_job_once(database: Database) -> None:
    first, second = Desk(database), Desk(database)
    handler = Handler()
    kinds = {Kind.CARD: handler.kind()}
    for number in range(30):
        await put(first, str(number))
    async with working(first, kinds), working(second, kinds):
        for number in range(30):
            await job_in(first, str(number), DONE)
    assert sorted(handler.handled, key=int) == [str(number) for number in range(30)]
    first.close()
    second.close()
