"""The worker: what becomes of jobs, whatever their handlers and the databases do."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from core.desk import Desk
from core.errors import LeaseLost, Permanent, Postponed, Transient
from core.jobs import Closing, Kind, finish
from core.retry import Policy
from core.worker import JobKind, Slot, Worker
from storage.database import Database
from storage.repositories import jobs as queue
from storage.tables import Contact, Job, JobAttempt, JobState, utcnow
from tests.fixtures.working import INTERVALS, job_in, job_of, put, until, wake, working

DONE, FAILED, PENDING, RUNNING = (
    JobState.DONE,
    JobState.FAILED,
    JobState.PENDING,
    JobState.RUNNING,
)
THRICE = Policy(max_attempts=3)
A_DAY = Policy(max_age=timedelta(days=1))
NOBODY = timedelta(0)


@dataclass
class Handler:
    """Fails as it is told, then succeeds; writes a contact for each end that it sees."""

    errors: list[Exception] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def has_tried(self, times: int) -> bool:
        return len(self.handled) == times

    async def handle(self, job: Job) -> Closing | None:
        self.handled.append(job.dedupe_key)
        if self.errors:
            raise self.errors.pop(0)
        return note(f"done {job.dedupe_key}")

    def give_up(self, job: Job, reason: str) -> Closing:
        self.given_up.append(reason)
        return note(f"gave up {job.dedupe_key}")

    def kind(self, policy: Policy = THRICE, slot: Slot = Slot.SLACK) -> JobKind:
        return JobKind(self.handle, policy, slot, self.give_up)


def note(name: str) -> Closing:
    def closing(session: Session) -> None:
        session.add(Contact(workspace_id=1, name=name))

    return closing


async def notes(desk: Desk) -> list[str]:
    def query(session: Session) -> list[str]:
        return list(session.scalars(select(Contact.name).order_by(Contact.id)))

    return await desk.read(query)


async def attempts(desk: Desk) -> list[tuple[int, str | None]]:
    def query(session: Session) -> list[tuple[int, str | None]]:
        rows = session.scalars(select(JobAttempt).order_by(JobAttempt.id))
        return [(row.number, row.outcome) for row in rows]

    return await desk.read(query)


async def claim(desk: Desk, *, lease: timedelta = timedelta(minutes=1)) -> Job:
    """Take a job as a worker does that is never heard of again."""
    job = await desk.run(
        queue.claim, kinds=list(Kind), now=utcnow(), lease=lease, intervals=INTERVALS
    )
    assert job is not None
    return job


class Stuck:
    """A handler that does not end by itself."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()

    async def handle(self, job: Job) -> Closing | None:
        self.started.set()
        await self.go_on.wait()
        return note("done at last")


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


async def test_an_abandoned_job_is_taken_over(desk: Desk) -> None:
    """As when a process is killed: no word of it, only a lease that runs out."""
    handler = Handler()
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC)) as clock:
        await put(desk, "a")
        dead = await claim(desk)
        async with working(desk, {Kind.CARD: handler.kind()}):
            await put(desk, "b")
            await job_in(desk, "b", DONE)
            assert handler.handled == ["b"]
            clock.shift(61)
            await wake(desk)
            job = await job_in(desk, "a", DONE)
    assert job.attempts == 2
    assert handler.handled == ["b", "a"]
    with pytest.raises(LeaseLost):
        await desk.run(finish, job=dead, closing=note("from the dead"))
    assert "from the dead" not in await notes(desk)


async def test_a_job_abandoned_in_its_last_try_is_only_given_up(desk: Desk) -> None:
    handler = Handler()
    await put(desk, "a")
    for _ in range(3):
        await claim(desk, lease=timedelta(microseconds=-1))
    async with working(desk, {Kind.CARD: handler.kind()}):
        job = await job_in(desk, "a", FAILED)
    assert handler.handled == []
    assert await notes(desk) == ["gave up a"]
    assert job.last_error == "the process ended during its last attempt"


async def test_stopping_waits_for_what_runs_and_starts_nothing_new(desk: Desk) -> None:
    stuck = Stuck()
    worker = Worker(
        desk,
        {Kind.CARD: JobKind(stuck.handle, THRICE)},
        slots={Slot.SLACK: 1},
        intervals=INTERVALS,
        lease=timedelta(seconds=30),
    )
    running = asyncio.create_task(worker.run())
    await put(desk, "a")
    await put(desk, "b")
    await stuck.started.wait()
    stopping = asyncio.create_task(worker.stop(timedelta(seconds=30)))
    await asyncio.sleep(0)
    stuck.go_on.set()
    await asyncio.wait_for(asyncio.gather(stopping, running), 10)
    states = {key: (await desk.read(job_of, key=key)).state for key in "ab"}
    assert states == {"a": DONE, "b": PENDING}


@pytest.mark.parametrize(
    ("policy", "counted"),
    [
        pytest.param(THRICE, 0, id="a triage was not its own fault"),
        pytest.param(A_DAY, 1, id="what may have reached Slack counts"),
    ],
)
async def test_stopping_hands_back_what_does_not_end(
    desk: Desk, policy: Policy, counted: int
) -> None:
    stuck = Stuck()
    await put(desk, "a")
    async with working(desk, {Kind.CARD: JobKind(stuck.handle, policy)}):
        await stuck.started.wait()
    job = await desk.read(job_of, key="a")
    assert (job.state, job.attempts, job.lease_token) == (PENDING, counted, None)
    assert job.run_at <= utcnow()
    async with working(desk, {Kind.CARD: Handler().kind(policy)}):
        await job_in(desk, "a", DONE)


class HesitantDesk(Desk):
    """Holds the answer to a claim back until it is told to go on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.claimed = asyncio.Event()
        self.go_on = asyncio.Event()

    async def run(self, service: Any, *args: Any, **kwargs: Any) -> Any:
        answer = await super().run(service, *args, **kwargs)
        if service is queue.claim and answer is not None:
            self.claimed.set()
            await self.go_on.wait()
        return answer


async def test_a_job_claimed_while_stopping_is_not_started(database: Database) -> None:
    desk = HesitantDesk(database)
    stuck = Stuck()
    await put(desk, "a")
    async with working(desk, {Kind.CARD: JobKind(stuck.handle, THRICE)}) as worker:
        await desk.claimed.wait()
        await worker.stop(NOBODY)
        desk.go_on.set()
    job = await desk.read(job_of, key="a")
    assert (job.state, job.attempts) == (PENDING, 0)
    assert not stuck.started.is_set()
    desk.close()


async def test_a_heartbeat_keeps_a_long_job(desk: Desk) -> None:
    stuck, lease = Stuck(), timedelta(seconds=0.6)
    await put(desk, "a")
    async with working(desk, {Kind.CARD: JobKind(stuck.handle, THRICE)}, lease=lease):
        await stuck.started.wait()
        until_when = (await desk.read(job_of, key="a")).lease_until
        assert until_when is not None
        async with working(desk, {Kind.CARD: Handler().kind()}, lease=lease):
            await until(lambda: utcnow() > until_when + lease)
            stuck.go_on.set()
            job = await job_in(desk, "a", DONE)
    assert job.attempts == 1
    assert await notes(desk) == ["done at last"]


class Heartless(Worker):
    """Its heartbeat is dead."""

    async def _extend_leases(self) -> None:
        await asyncio.Event().wait()


async def test_a_worker_that_lost_its_lease_writes_nothing(desk: Desk) -> None:
    stuck, healthy = Stuck(), Handler()
    await put(desk, "a")
    kinds = {Kind.CARD: JobKind(stuck.handle, THRICE)}
    lease, slots = timedelta(seconds=0.2), {Slot.SLACK: 1}
    async with working(desk, kinds, lease=lease, slots=slots, worker=Heartless):
        await stuck.started.wait()
        with capture_logs() as logs:
            async with working(desk, {Kind.CARD: healthy.kind()}):
                await job_in(desk, "a", DONE)
                stuck.go_on.set()
                await until(lambda: any("took the job over" in log["event"] for log in logs))
    assert healthy.handled == ["a"]
    assert await notes(desk) == ["done a"]
    assert await attempts(desk) == [(1, None), (2, "done")]


async def test_a_heartbeat_stops_a_job_whose_lease_is_gone(desk: Desk) -> None:
    stopped = asyncio.Event()

    async def handle(job: Job) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    def take_away(session: Session) -> None:
        job = job_of(session, key="a")
        job.lease_token, job.lease_until = "somebody else's", utcnow() + timedelta(hours=1)

    await put(desk, "a")
    async with working(desk, {Kind.CARD: JobKind(handle, THRICE)}, lease=timedelta(seconds=2)):
        await job_in(desk, "a", RUNNING)
        await desk.run(take_away)
        await asyncio.wait_for(stopped.wait(), 10)
    assert (await desk.read(job_of, key="a")).lease_token == "somebody else's"


async def test_a_heartbeat_leaves_alone_what_has_just_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    beaten, run = asyncio.Event(), desk.run

    async def slow(service: Callable[..., Any], **arguments: Any) -> Any:
        answer = await run(service, **arguments)
        if service is queue.extend_leases:
            beaten.set()
        elif service is finish:  # committed, but its worker does not know it yet
            beaten.clear()
            await beaten.wait()
        return answer

    monkeypatch.setattr(desk, "run", slow)
    await put(desk, "a")
    with capture_logs() as logs:
        async with working(
            desk, {Kind.CARD: Handler().kind()}, lease=timedelta(seconds=2)
        ) as worker:
            await job_in(desk, "a", DONE)
            await until(lambda: not worker._running)
    assert logs == []


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
