"""Workers that dawdle, die and hand back fight over the same jobs, in threads that run at once."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from core import jobs
from core.errors import LeaseLost
from core.jobs import Kind, Urgency
from storage.database import Database
from storage.repositories import claims
from storage.tables import Contact, Job, JobAttempt, JobState, Ticket, utcnow
from tests.fixtures.handlers import note

WORKERS = 6
LEASE = timedelta(milliseconds=80)
PACE = timedelta(milliseconds=15)
FATES = {"finishes": 60, "dies": 10, "dawdles": 12, "fails once": 9, "hands back": 9}
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Done:
    """One try that ended the job, in seconds of the steady clock."""

    lane: str | None
    lane_seq: int
    claimed: float
    ended: float


@dataclass
class Record:
    """What all workers did."""

    done: list[Done] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)


def test_of_all_who_fight_for_a_job_one_ends_it(database: Database) -> None:
    count = fill(database)
    record = Record()
    with ThreadPoolExecutor(WORKERS) as threads:
        for worker in [threads.submit(work, database, seed, record) for seed in range(WORKERS)]:
            worker.result(60)

    with database.reading() as session:
        written = Counter(session.scalars(select(Contact.name).where(Contact.name != "Ana")))
        ended = session.scalars(select(Job)).all()
        tries = session.scalar(select(func.count(JobAttempt.id)))
        paced = session.scalars(
            select(JobAttempt.started_at)
            .join(Job, Job.id == JobAttempt.job_id)
            .where(Job.pace.is_not(None))
            .order_by(JobAttempt.started_at)
        ).all()
    assert len(ended) == len(record.done) == count
    assert written == Counter(job.dedupe_key for job in ended), "one end each, written once"
    assert {job.state for job in ended} == {JobState.DONE}
    assert sum(job.attempts for job in ended) == (tries or 0) - record.fates["hands back"]
    assert all(second - first >= PACE for first, second in pairwise(paced))
    lanes: defaultdict[str, list[Done]] = defaultdict(list)
    for one in sorted(record.done, key=lambda one: one.claimed):
        lanes[one.lane or ""].append(one)
    lanes.pop("")
    for lane in (*lanes.values(),):
        assert all(first.ended <= second.claimed for first, second in pairwise(lane))
        assert [one.lane_seq for one in lane] == sorted(one.lane_seq for one in lane)
    assert record.fates["comes too late"], "nobody fought"


def fill(database: Database) -> int:
    """Put 150 jobs in: of two tickets, of two lanes without a ticket, in a pace, and free ones."""
    with database.writing() as session:
        ana = Contact(workspace_id=1, name="Ana")
        session.add(ana)
        session.flush()
        words = {"title": "VPN", "raw_text": "VPN", "source": "message"}
        tickets = [Ticket(workspace_id=1, requester_id=ana.id, **words) for _ in range(2)]
        session.add_all(tickets)
        session.flush()
        for number in range(150):
            of = number % 6
            ticket = tickets[of] if of < 2 else None
            lane = ["card:0", "card:1", "home:U1", "home:U2", None, None][of]
            assert jobs.enqueue(
                session,
                workspace_id=1,
                kind=Kind.CARD,
                dedupe_key=f"done {number}",
                urgency=Urgency.CARD,
                ticket=ticket,
                lane=lane,
                pace="post:C1" if of == 5 else None,
            )
    return 150


def work(database: Database, seed: int, record: Record) -> None:
    """Work until nothing is left; how each try goes is drawn."""
    dice = random.Random(seed)  # noqa: S311
    while patiently(lambda: is_any_left(database)):
        at_most = dice.choice([1, 4])
        claimed = patiently(lambda at_most=at_most: claim(database, at_most))  # type: ignore[misc]
        if not claimed:
            time.sleep(0.003)
        moment = time.monotonic()
        for job in claimed:
            [fate] = dice.choices(list(FATES), list(FATES.values()))
            live(database, job, fate, moment, record)


def live(database: Database, job: Job, fate: str, claimed: float, record: Record) -> None:
    """Let the try of the job go that way."""
    if fate == "dawdles":
        time.sleep(LEASE.total_seconds() * 1.5)
    ended = time.monotonic()
    if fate != "dies":
        try:
            patiently(lambda: end(database, job, fate))
        except LeaseLost:
            record.fates["comes too late"] += 1
            return
    record.fates[fate] += 1
    if fate in {"finishes", "dawdles"}:
        record.done.append(Done(job.lane, job.lane_seq, claimed, ended))


def is_any_left(database: Database) -> bool:
    with database.reading() as session:
        return session.scalar(select(Job.id).where(Job.state != JobState.DONE).limit(1)) is not None


def claim(database: Database, at_most: int) -> Sequence[Job]:
    with database.writing() as session:
        return claims.claim(
            session,
            kinds=[Kind.CARD],
            now=utcnow(),
            lease=LEASE,
            intervals={"post": PACE},
            at_most=at_most,
        ).jobs


def end(database: Database, job: Job, fate: str) -> None:
    with database.writing() as session:
        if fate in {"finishes", "dawdles"}:
            jobs.finish(session, job=job, closing=note(job.dedupe_key))
        else:
            counted = fate == "fails once"
            jobs.retry(session, job=job, at=utcnow(), error="x", counted=counted)


def patiently(call: Callable[[], Answer]) -> Answer:
    """Do it again where SQLite let too many others go first."""
    while True:
        try:
            return call()
        except OperationalError as error:
            if "database is locked" not in str(error):  # as PostgreSQL's deadlocks are
                raise
