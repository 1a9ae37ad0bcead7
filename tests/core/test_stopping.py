"""Stopping a worker: what runs is awaited or handed back, and nothing new is started."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core import jobs
from core.desk import Desk
from core.jobs import Kind
from core.retry import Policy
from core.worker import JobKind, Slot, Worker, claim
from storage.database import Database
from storage.repositories.jobs import UNDER_WAY
from storage.tables import Job, utcnow
from tests.fixtures.handlers import (
    A_DAY,
    DONE,
    NOBODY,
    PENDING,
    RUNNING,
    THRICE,
    Handler,
    Stuck,
)
from tests.fixtures.working import INTERVALS, job_in, job_of, put, working


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
        pytest.param(THRICE, False, id="a triage was not its own fault"),
        pytest.param(A_DAY, True, id="what may have reached Slack counts"),
    ],
)
async def test_stopping_hands_back_what_does_not_end(
    desk: Desk, policy: Policy, counted: bool
) -> None:
    stuck = Stuck()
    await put(desk, "a")
    async with working(desk, {Kind.CARD: JobKind(stuck.handle, policy)}):
        await stuck.started.wait()
    job = await desk.read(job_of, key="a")
    assert (job.state, job.attempts, job.lease_token) == (PENDING, counted, None)
    assert (job.run_at <= utcnow()) is not counted
    # A call to Slack that is still under way comes through before anybody looks for its message.
    later = utcnow() + (UNDER_WAY if counted else timedelta(0))
    assert job.run_at <= later
    with time_machine.travel(later):
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
        if service is claim and answer[0].jobs:
            self.claimed.set()
            await self.go_on.wait()
        return answer


async def test_one_that_cannot_be_handed_back_keeps_no_other_from_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(session: Session, *, job: Job, **more: Any) -> None:
        if job.dedupe_key == "a":
            raise OperationalError("UPDATE jobs", {}, Exception("database is locked"))
        retry(session, job=job, **more)

    retry = jobs.retry
    monkeypatch.setattr(jobs, "retry", fails_once)
    desk = HesitantDesk(database)
    await put(desk, "a")
    await put(desk, "b")
    async with working(desk, {Kind.CARD: Handler().kind()}) as worker:
        await desk.claimed.wait()
        await worker.stop(NOBODY)
        desk.go_on.set()
    states = {key: (await desk.read(job_of, key=key)).state for key in "ab"}
    assert states == {"a": RUNNING, "b": PENDING}
    desk.close()


async def test_jobs_claimed_while_stopping_are_not_started(database: Database) -> None:
    desk = HesitantDesk(database)
    stuck = Stuck()
    await put(desk, "a")
    await put(desk, "b")
    async with working(desk, {Kind.CARD: JobKind(stuck.handle, THRICE)}) as worker:
        await desk.claimed.wait()
        await worker.stop(NOBODY)
        desk.go_on.set()
    for key in "ab":
        job = await desk.read(job_of, key=key)
        assert (job.state, job.attempts) == (PENDING, 0)
    assert not stuck.started.is_set()
    desk.close()
