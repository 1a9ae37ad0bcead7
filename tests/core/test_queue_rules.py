"""The queue's rules, whatever workers, clocks and chance do: a search for what breaks them.

``make test`` repeats the same examples each time; ``make chaos`` seeks new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from core import jobs
from core.errors import LeaseLost
from core.jobs import KEPT, PACES_KEPT, Closing, Kind, Urgency
from storage.database import Database
from storage.repositories import claims, leases
from storage.tables import Contact, Job, JobAttempt, JobState, Pace, Ticket
from tests.core.queue_model import Entry, Model, side_by_side

START = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = 30 * SECOND
INTERVALS = {"post": SECOND, "update": 1.3 * SECOND}
PACES = ("post:C1", "post:C2", "update", None)
KINDS = (Kind.CARD, Kind.TRIAGE)
# A ticket's lane, the lane of something else, or none.
LANES = (
    ("card:1", 1),
    ("triage:1", 1),
    ("card:2", 2),
    ("home:U1", None),
    ("home:U2", None),
    (None, None),
)
SOME_KINDS = st.sampled_from([KINDS, KINDS, KINDS[:1], KINDS[1:]])
WORKERS = st.integers(0, 2)
SOME = st.sampled_from([1, 2, 9])
DELAYS = st.integers(0, 3).map(lambda seconds: seconds * SECOND)


@dataclass(frozen=True)
class Order:
    """A job to put into the queue."""

    lane: tuple[str | None, int | None]
    kind: Kind
    pace: str | None
    urgency: Urgency
    delay: timedelta
    key: int


ORDERS = st.builds(
    Order,
    lane=st.sampled_from(LANES),
    kind=st.sampled_from(KINDS),
    pace=st.sampled_from(PACES),
    urgency=st.sampled_from(Urgency),
    delay=DELAYS,
    key=st.integers(0, 30),
)


class Queue(RuleBasedStateMachine):
    """Three workers that claim, end, extend, sleep, die, or come too late."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.time = self.clock.start()
        self.model = Model(LEASE, INTERVALS)
        self.hands: list[list[Job]] = [[], [], []]  # what each worker believes that it holds
        self.calls = 0  # of ``enqueue``
        self.written: list[str] = []
        self.slots: list[tuple[str, datetime]] = []
        self.ended: set[int] = set()

    def teardown(self) -> None:
        self.clock.stop()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @initialize(orders=st.lists(ORDERS, min_size=6, max_size=12))
    def begin_with(self, orders: list[Order]) -> None:
        with self.database.writing() as session:
            for table in (Job, Pace, Ticket, Contact):
                session.execute(delete(table))
            ana = Contact(workspace_id=1, name="Ana")
            session.add(ana)
            session.flush()
            for number in (1, 2):
                words = {"title": "VPN", "raw_text": "VPN", "source": "message"}
                session.add(Ticket(id=number, workspace_id=1, requester_id=ana.id, **words))
        for order in orders:
            self._enqueue(order)

    # What services do

    @rule(order=ORDERS, times=st.sampled_from([1, 7]))
    def enqueue(self, order: Order, times: int) -> None:
        """One or many alike."""
        for key in range(order.key, order.key + times):
            self._enqueue(replace(order, key=key))

    def _enqueue(self, order: Order) -> None:
        (lane, number), at = order.lane, self.now + order.delay
        with self.database.writing() as session:
            ticket = session.get_one(Ticket, number, with_for_update=True) if number else None
            is_new = jobs.enqueue(
                session,
                workspace_id=1,
                kind=order.kind,
                dedupe_key=str(order.key),
                urgency=order.urgency,
                ticket=ticket,
                lane=lane,
                pace=order.pace,
                run_at=at,
            )
        self.calls += 1
        seq = self.calls if number else 0
        key, urgency = str(order.key), order.urgency
        entry = Entry(key, self.calls, order.kind, lane, seq, order.pace, urgency, at)
        assert is_new is self.model.put(entry), "a key is taken once"

    @rule(
        lane=st.sampled_from([name for name, _ in LANES if name]),
        kind=st.sampled_from(KINDS),
        urgency=st.sampled_from(Urgency),
    )
    def hasten(self, lane: str, kind: Kind, urgency: Urgency) -> None:
        with self.database.writing() as session:
            found = jobs.hasten(session, lane=lane, kind=kind, at=self.now, urgency=urgency)
        assert found is self.model.hasten(lane, kind, self.now, urgency)

    @precondition(lambda self: self.ended)
    @rule(month=st.booleans())
    def prune(self, month: bool) -> None:
        if month:
            self.time.shift(KEPT + SECOND)
        with self.database.writing() as session:
            jobs.prune(session)
            jobs.prune_paces(session)
        self.model.pruned(self.now - KEPT, self.now - PACES_KEPT)

    # What workers do

    @rule(worker=WORKERS, kinds=SOME_KINDS, times=st.integers(1, 3), at_most=SOME)
    def claim_some(self, worker: int, kinds: Sequence[Kind], times: int, at_most: int) -> None:
        self._claim(worker, kinds, times, at_most)

    def _claim(self, worker: int, kinds: Sequence[Kind], times: int, at_most: int = 1) -> None:
        for _ in range(times):
            seen = self.model.claimable(kinds, self.now)[:at_most]
            able = side_by_side(seen)
            with self.database.writing() as session:
                claimed = claims.claim(
                    session,
                    kinds=kinds,
                    now=self.now,
                    lease=LEASE,
                    intervals=INTERVALS,
                    at_most=at_most,
                )
            assert [job.dedupe_key for job in claimed.jobs] == [each.key for each in able]
            for job in claimed.jobs:
                self._took(worker, job)
            assert claimed.is_all is (len(able) == len(seen) < at_most)
            assert not (claimed.is_all and self.model.claimable(kinds, self.now))

    @precondition(lambda self: any(self.hands))
    @rule(data=st.data(), how=st.sampled_from(["done", "failed", "retry", "postponed"]))
    def end(self, data: st.DataObject, how: str) -> None:
        """In time or not: a worker does not know that it comes too late."""
        hand = data.draw(st.sampled_from([hand for hand in self.hands if hand]))
        job = hand.pop(data.draw(st.integers(0, len(hand) - 1)))
        delay, holds = data.draw(DELAYS), data.draw(st.booleans())
        entry = self.model.jobs.get(job.dedupe_key)
        is_ours = entry is not None and entry.token == job.lease_token
        assert self._end(job, how, delay, holds) is is_ours
        if is_ours:
            self._ended(job, how, delay, holds)

    @precondition(lambda self: any(self.hands))
    @rule(worker=WORKERS, gives_up=st.booleans())
    def heartbeat(self, worker: int, gives_up: bool) -> None:
        tokens = {job.lease_token or "": job for job in self.hands[worker]}
        with self.database.writing() as session:
            kept = leases.extend(session, tokens=tokens, until=self.now + LEASE)
        live = {each.token: each for each in self.model.jobs.values() if each.token}
        assert kept == live.keys() & tokens.keys()
        for token in kept:
            live[token].lease_until = self.now + LEASE
        if gives_up:
            self.hands[worker] = [job for token, job in tokens.items() if token in kept]

    @precondition(lambda self: any(self.hands))
    @rule(worker=WORKERS)
    def crash(self, worker: int) -> None:
        self.hands[worker] = []

    @rule(kinds=SOME_KINDS)
    def sleep_until_there_is_work(self, kinds: Sequence[Kind]) -> None:
        assume(not self.model.claimable(kinds, self.now))
        with self.database.reading() as session:
            wake = claims.next_moment(session, kinds=kinds, now=self.now)
        moment = self.model.next_moment(kinds, self.now)
        assert moment is None or (wake is not None and wake <= moment), "it would oversleep"
        if wake is not None:
            assert wake > self.now
            self.time.move_to(wake)
            self._claim(0, kinds, 1)

    @rule(worker=WORKERS, seconds=st.sampled_from([0.4, 1, 3, 12, 31, -1, -31]))
    def claim_when_the_clock_has_moved(self, worker: int, seconds: float) -> None:
        self.time.shift(seconds)
        self._claim(worker, KINDS, 2)

    # What must hold after each step

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        with self.database.reading() as session:
            rows = session.scalars(select(Job)).all()
            tries = session.scalars(select(JobAttempt)).all()
            paces = {each.key: each.next_at for each in session.scalars(select(Pace))}
            written = session.scalars(select(Contact.name).where(Contact.name != "Ana")).all()
        of_job: dict[int, dict[str, str | None]] = {row.id: {} for row in rows}
        for each in tries:
            of_job[each.job_id][each.lease_token] = each.outcome
        found = {
            row.dedupe_key: (
                (row.state, row.attempts, row.lease_token, row.lease_until),
                (row.run_at, row.priority),
                of_job[row.id],
            )
            for row in rows
        }
        assert found == {
            key: (
                (each.state, each.attempts, each.token, each.lease_until),
                (each.run_at, each.urgency),
                each.outcomes,
            )
            for key, each in self.model.jobs.items()
        }
        assert paces == self.model.opens
        assert sorted(written) == sorted(self.written), "a worker without a lease wrote"
        lanes = [row.lane for row in rows if row.state is JobState.RUNNING and row.lane]
        assert len(lanes) == len(set(lanes)), "two of a lane run at once"

    def _took(self, worker: int, job: Job) -> None:
        """Hold the claim against what was seen before, whatever the model thinks of it."""
        entry = self.model.jobs[job.dedupe_key]
        assert entry.born not in self.ended, "done once more"
        assert entry.token is None or (entry.lease_until or self.now) < self.now, "it is held"
        assert not self.model.is_held_up(entry), "out of its lane's order"
        if entry.pace is not None:
            before = [when for pace, when in self.slots if pace == entry.pace]
            interval = INTERVALS[entry.pace.partition(":")[0]]
            assert all(abs(self.now - each) >= interval for each in before), "too fast"
            self.slots.append((entry.pace, self.now))
        self.model.claimed(entry, job.lease_token or "", self.now)
        self.hands[worker].append(job)

    def _end(self, job: Job, how: str, delay: timedelta, holds: bool) -> bool:
        """End the job as a worker does; say whether the fence let it through."""
        closing = _note(f"{how} {job.dedupe_key}")
        try:
            with self.database.writing() as session:
                if how == "done":
                    jobs.finish(session, job=job, closing=closing)
                elif how == "failed":
                    jobs.fail(session, job=job, error="x", closing=closing)
                else:
                    jobs.retry(
                        session,
                        job=job,
                        at=self.now + delay,
                        error="x",
                        counted=how == "retry",
                        pace_opens=self.now + 2 * SECOND if holds else None,
                    )
        except LeaseLost:
            return False
        return True

    def _ended(self, job: Job, how: str, delay: timedelta, holds: bool) -> None:
        entry, at = self.model.jobs[job.dedupe_key], self.now + delay
        if how in {"done", "failed"}:
            self.model.closed(entry, JobState(how), how, self.now)
            self.written.append(f"{how} {entry.key}")
            self.ended.add(entry.born)
            return
        self.model.closed(entry, JobState.PENDING, how, self.now)
        entry.run_at = at
        entry.attempts -= how == "postponed"
        if holds and entry.pace is not None:
            self.model.hold(entry.pace, self.now + 2 * SECOND)


def _note(what: str) -> Closing:
    def closing(session: Session) -> None:
        session.add(Contact(workspace_id=1, name=what))

    return closing


@pytest.mark.timeout(1800)
def test_the_queues_rules(database: Database) -> None:
    if database.is_sqlite:  # thousands of transactions, and no power cut to survive
        event.listen(database.engine, "connect", _hurry)
    run_state_machine_as_test(
        type("QueueHere", (Queue,), {"database": database}),
        settings=settings(
            max_examples=settings().max_examples // 8,
            stateful_step_count=50,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _hurry(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")
