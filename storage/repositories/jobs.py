"""Questions about the queue; what a worker asks of it is in ``claims``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from storage.tables import Job, JobAttempt, JobState, Ticket
from storage.types import UtcDateTime

# Written out, not bound: SQLite uses an index on open jobs only where it can read the state.
# https://www.sqlite.org/partialindex.html#queries_using_partial_indexes
PENDING: ColumnElement[JobState] = literal_column("'pending'")
RUNNING: ColumnElement[JobState] = literal_column("'running'")
OPEN = (PENDING, RUNNING)

_JOBS = cast("Table", Job.__table__)

_WAITS_IN_LANES = (
    _JOBS.c.lane.in_(bindparam("in_lanes", expanding=True))
    & (_JOBS.c.kind == bindparam("of_kind"))
    & _JOBS.c.state.in_(OPEN)
    & (_JOBS.c.state == PENDING)
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

# So long does Slack take to list what was posted; no call of ours takes longer than ten seconds.
SETTLING = timedelta(seconds=2)
UNDER_WAY = timedelta(seconds=10) + SETTLING


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


def made_after(session: Session, *, moment: datetime) -> Sequence[Job]:
    """Return open jobs made, first tried or put off after that moment, locked; 1,000 at most."""
    end_of_last_try = (
        select(JobAttempt.ended_at)
        .where(JobAttempt.job_id == Job.id)
        .order_by(JobAttempt.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    was_put_off = and_(Job.state == PENDING, Job.run_at > moment, end_of_last_try > moment)
    return session.scalars(
        select(Job)
        .where(
            Job.state.in_(OPEN),
            or_(Job.created_at > moment, Job.started_at > moment, was_put_off),
        )
        .limit(1_000)
        .with_for_update(skip_locked=True)
    ).all()


def with_key(session: Session, *, dedupe_key: str) -> Job | None:
    """Return the job of that key, as long as it is not pruned."""
    return session.scalars(select(Job).where(Job.dedupe_key == dedupe_key)).one_or_none()


def posts_a_card(session: Session, *, workspace_id: int, channel: str) -> bool:
    """Whether a card may stand in that channel of which it is not noted where."""
    begun = (
        select(Job.id)
        .join(Ticket, Ticket.id == Job.ticket_id)
        .where(Job.state.in_(OPEN), Job.kind == "card", Job.attempts > 0)
        .where(Ticket.workspace_id == workspace_id, Ticket.card_ts.is_(None))
        .where(Ticket.card_channel == channel)
    )
    return session.scalar(select(begun.exists())) is True


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
        (Job.state == PENDING, Job.run_at),
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
