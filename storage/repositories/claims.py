"""What a worker asks of the queue: which jobs may run now, and when there may be more."""

import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import uuid4

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from storage.repositories import paces
from storage.repositories.jobs import OPEN, PENDING, RUNNING
from storage.tables import Job, JobAttempt, JobState, Pace
from storage.types import UtcDateTime

_NOW = bindparam("now", type_=UtcDateTime)
_of_batch = Job.batch_id == bindparam("batch_id")

# Built once, because a worker needs it for each claim: to build one takes longer than to run it.
_TAKE = (
    update(Job)
    .where(Job.id.in_(bindparam("job_ids", expanding=True)))
    .values(
        state=JobState.RUNNING,
        attempts=Job.attempts + 1,
        # Each job's own, as its fence is.
        lease_token=bindparam("token", type_=String) + cast(Job.id, String),
        lease_until=bindparam("until", type_=UtcDateTime),
        started_at=func.coalesce(Job.started_at, _NOW),
    )
    .returning(Job)
    .execution_options(populate_existing=True, synchronize_session=False)
)
_BEGIN_TRIES = insert(typing.cast("Table", JobAttempt.__table__))


# A moment, or what stands for one in a statement that is built once.
Moment = datetime | BindParameter[datetime]

Candidate = Row[tuple[int, int | None, str | None, str | None]]

# How often a claim gives way before it leaves the rest to the next round.
CLAIM_TRIES = 5


@dataclass(frozen=True)
class Claimed:
    """What was taken, the most urgent first, and whether that is all that may run now."""

    jobs: Sequence[Job]
    is_all: bool


def claim(
    session: Session,
    *,
    kinds: Collection[str],
    now: datetime,
    lease: timedelta,
    intervals: Mapping[str, timedelta],
    at_most: int = 1,
    batch_id: int | None = None,
) -> Claimed:
    """Take the most urgent jobs that may run now, so many at most.

    A lane's head only, and only within its pace; of that batch alone, if one is named. Two
    processes that reach for the same lane or the same pace at once: the later one gives way, and
    tries others one by one.
    """
    passed_over: list[int] = []
    for _ in range(CLAIM_TRIES):
        candidates = session.execute(
            _claimable_first(of_batch=batch_id is not None),
            {
                "kinds": kinds,
                "batch_id": batch_id,
                "passed_over": passed_over,
                "now": now,
                "at_most": at_most,
            },
        ).all()
        if not candidates:
            return Claimed((), is_all=not passed_over)
        chosen = _one_of_each(candidates)
        taken = _take(session, chosen, now=now, lease=lease, intervals=intervals)
        if taken:
            return Claimed(taken, is_all=len(taken) == len(candidates) < at_most)
        if len(chosen) == 1:
            passed_over.append(chosen[0].id)
        at_most = 1
    return Claimed((), is_all=False)


def _one_of_each(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those that may run side by side: the first of each lane, and of each pace.

    Lanes that are no ticket's count as one. Such a lane has many heads, so that another process may
    be about to take one of them, and is waited for: who does that holds no other of these lanes, or
    two could wait for each other.
    """
    chosen: list[Candidate] = []
    taken: set[str] = set()
    for each in candidates:
        lane = each.lane and f"lane {each.lane if each.ticket_id else ''}"
        wanted = {key for key in (lane, each.pace) if key is not None}
        if taken.isdisjoint(wanted):
            chosen.append(each)
            taken |= wanted
    return chosen


@cache
def _claimable_first(*, of_batch: bool) -> Select[tuple[int, int | None, str | None, str | None]]:
    """Built once: a worker asks it again and again."""
    return (
        select(Job.id, Job.ticket_id, Job.lane, Job.pace)
        .where(
            Job.kind.in_(bindparam("kinds", expanding=True)),
            _of_batch if of_batch else true(),
            Job.id.not_in(bindparam("passed_over", expanding=True)),
            _claimable(_NOW),
        )
        .order_by(Job.priority, Job.run_at, Job.id)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True)
    )


def _claimable(now: Moment) -> ColumnElement[bool]:
    is_abandoned = and_(Job.state == RUNNING, Job.lease_until < now)
    return and_(
        Job.state.in_(OPEN),
        or_(and_(Job.state == PENDING, Job.run_at <= now), is_abandoned),
        _is_free(now),
    )


def due(now: Moment) -> ColumnElement[bool]:
    """Whether a job that nobody has begun could be begun."""
    return and_(Job.state == PENDING, Job.run_at <= now, _is_free(now))


def _is_free(now: Moment) -> ColumnElement[bool]:
    """Whether neither its pace nor its lane holds a job up."""
    earlier = aliased(Job)
    # A list that is read once: thousands may wait for the same few paces.
    closed = select(Pace.key).where(Pace.next_at > now)
    return and_(
        or_(Job.pace.is_(None), Job.pace.not_in(closed)),
        or_(
            Job.lane.is_(None),
            ~exists().where(
                earlier.lane == Job.lane,
                earlier.state.in_(OPEN),
                or_(
                    earlier.lane_seq < Job.lane_seq,
                    and_(earlier.state == RUNNING, earlier.id != Job.id),
                ),
            ),
        ),
    )


def _take(
    session: Session,
    chosen: Sequence[Candidate],
    *,
    now: datetime,
    lease: timedelta,
    intervals: Mapping[str, timedelta],
) -> list[Job]:
    """Take all whose pace can be had; none if another process took one of the lanes."""
    savepoint = session.begin_nested()
    # Paces first and in one order, and lanes after: so nobody waits for who waits for them.
    had = {
        pace
        for pace in sorted(each.pace for each in chosen if each.pace is not None)
        if paces.take(session, key=pace, now=now, interval=intervals[pace.partition(":")[0]])
    }
    job_ids = [each.id for each in chosen if each.pace is None or each.pace in had]
    token = uuid4().hex[:16]
    try:
        jobs = session.scalars(
            _TAKE, {"job_ids": job_ids, "token": token, "until": now + lease, "now": now}
        ).all()
    except IntegrityError:
        savepoint.rollback()
        return []
    savepoint.commit()
    if jobs:
        session.connection().execute(_BEGIN_TRIES, [_new_try(job, now) for job in jobs])
    return sorted(jobs, key=lambda job: job_ids.index(job.id))


def _new_try(job: Job, now: datetime) -> dict[str, object]:
    return {
        "job_id": job.id,
        "number": job.attempts,
        "lease_token": job.lease_token,
        "started_at": now,
    }


def next_moment(
    session: Session, *, kinds: Collection[str], now: datetime, batch_id: int | None = None
) -> datetime | None:
    """When the passing of time alone may next make a job claimable, or None."""
    moments = session.execute(
        _next_moments(of_batch=batch_id is not None),
        {"kinds": kinds, "now": now, "batch_id": batch_id},
    ).one()
    return min((moment for moment in moments if moment is not None), default=None)


@cache
def _next_moments(
    *, of_batch: bool
) -> Select[tuple[datetime | None, datetime | None, datetime | None]]:
    """When the next job is due, the next lease runs out, and the next pace is open; built once."""
    wanted = and_(
        Job.kind.in_(bindparam("kinds", expanding=True)), _of_batch if of_batch else true()
    )
    due_at = select(func.min(Job.run_at)).where(Job.state == PENDING, wanted, Job.run_at > _NOW)
    lost_at = select(func.min(Job.lease_until)).where(
        Job.state == RUNNING, wanted, Job.lease_until > _NOW
    )
    open_at = select(func.min(Pace.next_at)).where(
        Pace.next_at > _NOW,
        exists().where(Job.pace == Pace.key, Job.state == PENDING, Job.run_at <= _NOW),
    )
    return select(due_at.scalar_subquery(), lost_at.scalar_subquery(), open_at.scalar_subquery())
