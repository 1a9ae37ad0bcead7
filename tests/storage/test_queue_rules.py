"""The queue's rules, under whatever order of events Hypothesis thinks of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.repositories import jobs
from storage.tables import Job, JobState, Pace

START = datetime(2026, 3, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)
INTERVAL = timedelta(seconds=1)
LANES = ("card:1", "card:2", None)


class Queue(RuleBasedStateMachine):
    """Workers that claim, end, extend, are too late or never heard of again."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.added = 0
        self.live: dict[int, str] = {}  # the last lease given out for a job, by the job's id
        self.lost: list[tuple[int, str]] = []
        self.finished: set[int] = set()
        self.ended_in_lane: dict[str, list[int]] = {}
        self.paced_at: datetime | None = None
        self.expires: dict[int, datetime] = {}

    @initialize()
    def start_empty(self) -> None:
        with self.database.writing() as session:
            session.execute(delete(Job))
            session.execute(delete(Pace))

    @rule(lane=st.sampled_from(LANES), paced=st.booleans(), delay=st.integers(0, 3))
    def add(self, lane: str | None, paced: bool, delay: int) -> None:
        self.added += 1
        with self.database.writing() as session:
            session.add(
                Job(
                    workspace_id=1,
                    kind="card",
                    lane=lane,
                    lane_seq=self.added,
                    pace="post:C1" if paced else None,
                    dedupe_key=str(self.added),
                    message_key=str(self.added),
                    priority=self.added % 3,
                    run_at=self.now + timedelta(seconds=delay),
                )
            )

    @rule()
    def claim(self) -> None:
        with self.database.writing() as session:
            job = jobs.claim(
                session, kinds=["card"], now=self.now, lease=LEASE, intervals={"post": INTERVAL}
            )
        if job is None:
            return
        assert job.id not in self.finished
        assert job.run_at <= self.now
        if job.id in self.live:
            assert self.expires[job.id] < self.now, "taken from a worker that still holds it"
            self.lost.append((job.id, self.live[job.id]))
        if job.lane is not None:
            assert job.lane_seq > max(self.ended_in_lane.get(job.lane, [0])), "overtaken"
        if job.pace is not None:
            assert self.paced_at is None or self.now - self.paced_at >= INTERVAL
            self.paced_at = self.now
        self.live[job.id] = job.lease_token or ""
        self.expires[job.id] = self.now + LEASE

    @precondition(lambda self: self.live)
    @rule(data=st.data(), state=st.sampled_from([JobState.DONE, JobState.FAILED]))
    def end(self, data: st.DataObject, state: JobState) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.live)))
        with self.database.writing() as session:
            assert self.close(session, job_id, self.live.pop(job_id), state)
            job = session.get_one(Job, job_id)
            if job.lane is not None:
                self.ended_in_lane.setdefault(job.lane, []).append(job.lane_seq)
        self.finished.add(job_id)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), delay=st.integers(0, 3), counted=st.booleans())
    def retry(self, data: st.DataObject, delay: int, counted: bool) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.live)))
        at = self.now + timedelta(seconds=delay)
        with self.database.writing() as session:
            before = session.get_one(Job, job_id).attempts
            assert self.close(
                session,
                job_id,
                self.live.pop(job_id),
                JobState.PENDING,
                run_at=at,
                counted=counted,
            )
            session.expire_all()
            assert session.get_one(Job, job_id).attempts == before - (not counted)

    @precondition(lambda self: self.live)
    @rule()
    def heartbeat(self) -> None:
        tokens = [*self.live.values(), *(token for _, token in self.lost)]
        with self.database.writing() as session:
            kept = jobs.extend_leases(session, tokens=tokens, until=self.now + LEASE)
        assert kept == set(self.live.values())
        self.expires = dict.fromkeys(self.live, self.now + LEASE)

    @precondition(lambda self: self.lost)
    @rule(data=st.data(), state=st.sampled_from([s for s in JobState if s is not JobState.RUNNING]))
    def come_too_late(self, data: st.DataObject, state: JobState) -> None:
        job_id, token = data.draw(st.sampled_from(self.lost))
        with self.database.writing() as session:
            assert not self.close(session, job_id, token, state, run_at=self.now)

    @rule(seconds=st.sampled_from([0.5, 1, 3, 31]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def what_runs_is_what_was_given_out(self) -> None:
        with self.database.reading() as session:
            running = session.execute(
                select(Job.id, Job.lease_token, Job.lane).where(Job.state == JobState.RUNNING)
            ).all()
        assert {job_id: token for job_id, token, _ in running} == self.live
        lanes = [lane for *_, lane in running if lane is not None]
        assert len(lanes) == len(set(lanes)), "two of a lane run at once"

    def close(
        self, session: Session, job_id: int, token: str, state: JobState, **more: Any
    ) -> bool:
        if state is not JobState.PENDING:
            more.pop("run_at", None)
        return jobs.close(
            session, job_id=job_id, token=token, state=state, outcome="x", now=self.now, **more
        )


def test_the_queues_rules(database: Database) -> None:
    machine = type("QueueHere", (Queue,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
