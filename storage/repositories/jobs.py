"""Questions about the queue."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import cast
from uuid import uuid4

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from storage.repositories import paces
from storage.tables import Job, JobAttempt, JobState, Pace
from storage.types import UtcDateTime

# Written out, not bound: SQLite uses an index on open jobs only where it can read the state.
# https://www.sqlite.org/partialindex.html#queries_using_partial_indexes
_PENDING: ColumnElement[JobState] = literal_column("'pending'")
RUNNING: ColumnElement[JobState] = literal_column("'running'")
OPEN = (_PENDING, RUNNING)

_JOBS, _TRIES = cast("Table", Job.__table__), cast("Table", JobAttempt.__table__)

# Built once, because a worker needs them for each job: to build one takes longer than to run it.
_TAKE = (
    update(Job)
    .where(Job.id == bindparam("job_id"))
    .values(
        state=JobState.RUNNING,
        attempts=Job.attempts + 1,
        lease_token=bindparam("token"),
        lease_until=bindparam("until", type_=UtcDateTime),
        started_at=func.coalesce(Job.started_at, bindparam("now", type_=UtcDateTime)),
    )
    .returning(Job)
    .execution_options(populate_existing=True, synchronize_session=False)
)
_END_OF_TRY = (
    update(_TRIES)
    .where(_TRIES.c.job_id == bindparam("of_job"), _TRIES.c.lease_token == bindparam("token"))
    .values(ended_at=bindparam("now"), outcome=bindparam("how"), error=bindparam("why"))
)
_WAITS_IN_LANES = (
    _JOBS.c.lane.in_(bindparam("in_lanes", expanding=True))
    & (_JOBS.c.kind == bindparam("of_kind"))
    & _JOBS.c.state.in_(OPEN)
    & (_JOBS.c.state == _PENDING)
)
_SOONEST = case(
    (_JOBS.c.attempts > 0, bindparam("settled", type_=UtcDateTime)),
    else_=bindparam("at", type_=UtcDateTime),
)
_URGENCY = bindparam("urgency", type_=Integer)
_MAKE_DUE = (
    update(_JOBS)
    .where(_WAITS_IN_LANES)
    .values(
        run_at=case((_JOBS.c.run_at > _SOONEST, _SOONEST), else_=_JOBS.c.run_at),
        priority=case((_JOBS.c.priority > _URGENCY, _URGENCY), else_=_JOBS.c.priority),
    )
    .returning(_JOBS.c.id)
)
_CLOSE_WAITING = (
    update(_JOBS)
    .where(_WAITS_IN_LANES)
    .values(state=JobState.DONE, finished_at=bindparam("now"), last_error="overtaken")
    .returning(_JOBS.c.lane, _JOBS.c.priority, _JOBS.c.run_at, _JOBS.c.batch_id)
)

# A moment, or what stands for one in a statement that is built once.
Moment = datetime | BindParameter[datetime]

# How many jobs a claim tries before it leaves the rest to the next round.
CLAIM_TRIES = 5
SETTLING = timedelta(seconds=2)


def claim(
    session: Session,
    *,
    kinds: Collection[str],
    now: datetime,
    lease: timedelta,
    intervals: Mapping[str, timedelta],
    batch_id: int | None = None,
) -> Job | None:
    """Take the most urgent job that may run now, or None; of that batch alone, if one is named.

    A lane's head only, and only within its pace. Two processes that reach for the same lane or the
    same pace at once: the later one gives way and tries another job.
    """
    passed_over: list[int] = []
    for _ in range(CLAIM_TRIES):
        job_id = session.scalar(
            _first_claimable(of_batch=batch_id is not None),
            {"kinds": kinds, "batch_id": batch_id, "passed_over": passed_over, "now": now},
        )
        if job_id is None:
            return None
        job = _take(session, job_id, now=now, lease=lease, intervals=intervals)
        if job is not None:
            return job
        passed_over.append(job_id)
    return None


def _of(batch_id: int | None) -> ColumnElement[bool]:
    return true() if batch_id is None else Job.batch_id == batch_id


@cache
def _first_claimable(*, of_batch: bool) -> Select[tuple[int]]:
    """Built once: a worker asks it before each job."""
    return (
        select(Job.id)
        .where(
            Job.kind.in_(bindparam("kinds", expanding=True)),
            Job.batch_id == bindparam("batch_id") if of_batch else true(),
            Job.id.not_in(bindparam("passed_over", expanding=True)),
            _claimable(bindparam("now", type_=UtcDateTime)),
        )
        .order_by(Job.priority, Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _claimable(now: Moment) -> ColumnElement[bool]:
    is_abandoned = and_(Job.state == RUNNING, Job.lease_until < now)
    return and_(
        Job.state.in_(OPEN),
        or_(and_(Job.state == _PENDING, Job.run_at <= now), is_abandoned),
        _is_free(now),
    )


def due(now: Moment) -> ColumnElement[bool]:
    """Whether a job that nobody has begun could be begun."""
    return and_(Job.state == _PENDING, Job.run_at <= now, _is_free(now))


def _is_free(now: Moment) -> ColumnElement[bool]:
    """Whether neither its lane nor its pace holds a job up."""
    earlier = aliased(Job)
    return and_(
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
        or_(Job.pace.is_(None), ~exists().where(Pace.key == Job.pace, Pace.next_at > now)),
    )


def _take(
    session: Session,
    job_id: int,
    *,
    now: datetime,
    lease: timedelta,
    intervals: Mapping[str, timedelta],
) -> Job | None:
    token = uuid4().hex
    savepoint = session.begin_nested()
    try:
        job = session.scalars(
            _TAKE, {"job_id": job_id, "token": token, "until": now + lease, "now": now}
        ).one()
    except IntegrityError:  # another job of the lane is running
        savepoint.rollback()
        return None
    if job.pace is not None and not paces.take(
        session, key=job.pace, now=now, interval=intervals[job.pace.partition(":")[0]]
    ):
        savepoint.rollback()
        return None
    savepoint.commit()
    session.add(JobAttempt(job_id=job.id, number=job.attempts, lease_token=token, started_at=now))
    return job


def next_moment(
    session: Session, *, kinds: Collection[str], now: datetime, batch_id: int | None = None
) -> datetime | None:
    """When the passing of time alone may next make a job claimable, or None."""
    moments = [
        session.scalar(
            select(func.min(Job.run_at)).where(
                Job.state == _PENDING, Job.kind.in_(kinds), _of(batch_id), Job.run_at > now
            )
        ),
        session.scalar(
            select(func.min(Job.lease_until)).where(
                Job.state == RUNNING, Job.kind.in_(kinds), _of(batch_id), Job.lease_until > now
            )
        ),
        session.scalar(
            select(func.min(Pace.next_at)).where(
                Pace.next_at > now,
                exists().where(Job.pace == Pace.key, Job.state == _PENDING, Job.run_at <= now),
            )
        ),
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def close(
    session: Session,
    *,
    job_id: int,
    token: str,
    state: JobState,
    outcome: str,
    now: datetime,
    error: str | None = None,
    run_at: datetime | None = None,
    counted: bool = True,
) -> bool:
    """End one try of a job if the lease is still ours; say whether it was.

    ``state`` is what the job becomes; PENDING needs ``run_at``. An uncounted try leaves the number
    of attempts as it was before the claim.
    """
    connection = session.connection()
    closed = connection.execute(
        _closing(again=state is JobState.PENDING),
        {
            "job_id": job_id,
            "token": token,
            "new_state": state,
            "why": error,
            "moment": run_at if state is JobState.PENDING else now,
            "uncounted": int(not counted),
        },
    ).one_or_none()
    if closed is None:
        return False
    connection.execute(
        _END_OF_TRY,
        {"of_job": job_id, "token": token, "now": now, "how": outcome, "why": error},
    )
    return True


@cache
def _closing(*, again: bool) -> ReturningUpdate[tuple[int]]:
    """The end of a try; the job is to be tried ``again`` at that moment, or ended then."""
    moment = bindparam("moment", type_=UtcDateTime)
    return (
        update(_JOBS)
        .where(_JOBS.c.id == bindparam("job_id"), _JOBS.c.lease_token == bindparam("token"))
        .values(
            state=bindparam("new_state"),
            lease_token=None,
            lease_until=None,
            last_error=bindparam("why"),
            attempts=_JOBS.c.attempts - bindparam("uncounted", type_=Integer),
            **({"run_at": moment} if again else {"finished_at": moment}),
        )
        .returning(_JOBS.c.id)
    )


def is_held(session: Session, *, job_id: int, token: str) -> bool:
    """Whether the job runs under that lease."""
    found = session.scalar(select(Job.id).where(Job.id == job_id, Job.lease_token == token))
    return found is not None


def last_of_kind(session: Session, *, ticket_id: int, kind: str) -> Job | None:
    """Return the ticket's newest job of that kind, whatever became of it, or None."""
    return session.scalars(
        select(Job)
        .where(Job.ticket_id == ticket_id, Job.kind == kind)
        .order_by(Job.lane_seq.desc())
        .limit(1)
    ).one_or_none()


def wanted_since(session: Session, *, kind: str, moment: datetime) -> bool:
    """Whether a job of that kind was put into the queue after that moment."""
    # What is open or ended since: the indexes know that much, and not when a job was put there.
    open_ones = select(Job.id).where(Job.state.in_(OPEN), Job.kind == kind, Job.created_at > moment)
    ended = select(Job.id).where(
        Job.finished_at > moment, Job.kind == kind, Job.created_at > moment
    )
    return session.scalar(select(open_ones.exists() | ended.exists())) or False


def extend_leases(session: Session, *, tokens: Collection[str], until: datetime) -> set[str]:
    """Extend the leases that are still held, and return their tokens."""
    return set(
        session.scalars(
            update(Job)
            .where(Job.lease_token.in_(tokens), Job.state == RUNNING)
            .values(lease_until=until)
            .returning(Job.lease_token),
            execution_options={"synchronize_session": False},
        )
    )


def made_after(session: Session, *, moment: datetime) -> Sequence[Job]:
    """Return open jobs made, first tried or put off after that moment, locked; 1,000 at most."""
    end_of_last_try = (
        select(JobAttempt.ended_at)
        .where(JobAttempt.job_id == Job.id)
        .order_by(JobAttempt.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    was_put_off = and_(Job.state == _PENDING, Job.run_at > moment, end_of_last_try > moment)
    return session.scalars(
        select(Job)
        .where(
            Job.state.in_(OPEN),
            or_(Job.created_at > moment, Job.started_at > moment, was_put_off),
        )
        .limit(1_000)
        .with_for_update(skip_locked=True)
    ).all()


def shorten_leases(session: Session, *, beyond: datetime, to: datetime) -> int:
    """Let leases that last longer than that end then; return how many there were."""
    shortened = session.execute(
        update(Job)
        .where(Job.state == RUNNING, Job.lease_until > beyond)
        .values(lease_until=to)
        .returning(Job.id),
        execution_options={"synchronize_session": False},
    )
    return len(shortened.all())


def with_key(session: Session, *, dedupe_key: str) -> Job | None:
    """Return the job of that key, as long as it is not pruned."""
    return session.scalars(select(Job).where(Job.dedupe_key == dedupe_key)).one_or_none()


def make_due(session: Session, *, lane: str, kind: str, at: datetime, priority: int) -> bool:
    """Bring a pending job of the lane forward to ``at`` if there is one; say whether there is.

    One that was tried already keeps SETTLING, in which Slack comes to list what it posted.
    """
    found = session.connection().execute(
        _MAKE_DUE,
        {
            "in_lanes": [lane],
            "of_kind": kind,
            "at": at,
            "settled": at + SETTLING,
            "urgency": priority,
        },
    )
    return found.first() is not None


@dataclass(frozen=True)
class Place:
    """A job's place in the queue, and the batch that it counts for."""

    priority: int
    run_at: datetime
    batch_id: int | None


def close_waiting(
    session: Session, *, lanes: Collection[str], kind: str, now: datetime
) -> dict[str, Place]:
    """End the jobs of that kind that wait in the lanes, undone; return their places by lane."""
    if not lanes:
        return {}
    closed = session.connection().execute(
        _CLOSE_WAITING, {"in_lanes": lanes, "of_kind": kind, "now": now}
    )
    return {lane: Place(priority, run_at, batch_id) for lane, priority, run_at, batch_id in closed}


def mark_tried(session: Session, *, but_not: Collection[str]) -> int:
    """Count a try of every open job that has none yet; return how many jobs are open.

    ``started_at`` stays empty: how long a job is worth trying is measured from its first real try.
    """
    session.execute(
        update(Job)
        .where(Job.state.in_(OPEN), Job.attempts == 0, Job.kind.not_in(but_not))
        .values(attempts=1),
        execution_options={"synchronize_session": False},
    )
    return session.scalar(select(func.count()).where(Job.state.in_(OPEN))) or 0


def put_off(session: Session, *, until: datetime, but_not: Collection[str]) -> None:
    """Let no open job that was tried be claimed before that moment."""
    tried = (Job.attempts > 0, Job.kind.not_in(but_not))
    for where, column in (
        (Job.state == _PENDING, Job.run_at),
        (Job.state == RUNNING, Job.lease_until),
    ):
        session.execute(
            update(Job).where(where, *tried, column < until).values({column: until}),
            execution_options={"synchronize_session": False},
        )


def prune(session: Session, *, finished_before: datetime, limit: int) -> int:
    """Delete up to ``limit`` done jobs that ended before that moment; return how many."""
    old = (
        select(Job.id)
        .where(Job.state == JobState.DONE, Job.finished_at < finished_before)
        .limit(limit)
    )
    pruned = session.execute(delete(Job).where(Job.id.in_(old)).returning(Job.id))
    return len(pruned.all())
