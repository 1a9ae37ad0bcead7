"""Jobs of workers that died, slept or lost their lease."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from core.desk import Desk
from core.errors import LeaseLost
from core.jobs import Kind, finish
from core.worker import JobKind, Slot, Worker
from storage.repositories import leases
from storage.tables import Job, utcnow
from tests.fixtures.handlers import (
    DONE,
    FAILED,
    RUNNING,
    THRICE,
    Handler,
    Stuck,
    attempts,
    claim,
    note,
    notes,
)
from tests.fixtures.working import job_in, job_of, put, until, wake, working


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

    async def _beat(self) -> None:
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


async def test_a_process_that_stood_still_does_not_take_over_its_own_jobs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim may come before its heartbeat."""

    async def no_beat(_worker: Worker) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Worker, "_beat", no_beat)
    stuck = Stuck()
    await put(desk, "a")
    async with working(
        desk, {Kind.CARD: JobKind(stuck.handle, THRICE)}, lease=timedelta(seconds=1)
    ):
        await stuck.started.wait()
        time.sleep(1.5)  # noqa: ASYNC251 - nothing in this process goes on meanwhile
        await wake(desk)
        await asyncio.sleep(0.3)
        assert (await desk.read(job_of, key="a")).attempts == 1
        stuck.go_on.set()
        await job_in(desk, "a", DONE)
    assert await attempts(desk) == [(1, "done")]


async def test_a_heartbeat_leaves_alone_what_has_just_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    beaten, run = asyncio.Event(), desk.run

    async def slow(service: Callable[..., Any], **arguments: Any) -> Any:
        answer = await run(service, **arguments)
        if service is leases.extend:
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
