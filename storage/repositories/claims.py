"""What a worker asks of the queue: which job may run now, and whether it is still theirs."""

from collections.abc import Collection, Mapping
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
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from storage.repositories import paces
from storage.repositories.jobs import OPEN, PENDING, RUNNING
from storage.tables import Job, JobAttempt, JobState, Pace
from storage.types import UtcDateTime

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


# A moment, or what stands for one in a statement that is built once.
Moment = datetime | BindParameter[datetime]


# How many jobs a claim tries before it leaves the rest to the next round.
CLAIM_TRIES = 5


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
        or_(and_(Job.state == PENDING, Job.run_at <= now), is_abandoned),
        _is_free(now),
    )


def due(now: Moment) -> ColumnElement[bool]:
    """Whether a job that nobody has begun could be begun."""
    return and_(Job.state == PENDING, Job.run_at <= now, _is_free(now))


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
                Job.state == PENDING, Job.kind.in_(kinds), _of(batch_id), Job.run_at > now
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
                exists().where(Job.pace == Pace.key, Job.state == PENDING, Job.run_at <= now),
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
