"""The queue: what services put into it, and how workers take from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from core.errors import LeaseLost
from core.metrics import count
from storage.repositories import jobs, leases, paces
from storage.tables import Job, JobState, Ticket, utcnow
from storage.upsert import put_each_if_absent, put_if_absent

Closing = Callable[[Session], None]
"""What a handler leaves to be written in the transaction that ends its job."""

# So far may the clocks of two machines be apart.
CLOCKS_DIFFER = timedelta(minutes=2)
LOOKED_BACK = timedelta(hours=1)
# No pace is held for longer, whatever Slack says: it is asked again then.
LONGEST_HOLD = timedelta(minutes=10)
KEPT = timedelta(days=30)
PACES_KEPT = timedelta(days=1)
PRUNED_AT_ONCE = 1_000
_FIRST = "first jobs"


class Kind(StrEnum):
    """What a job does."""

    TRIAGE = "triage"
    BACKFILL = "backfill"
    CARD = "card"
    RECEIPT = "receipt"
    REPLY = "reply"
    RESOLUTION = "resolution"
    OPENED = "opened"
    MIRROR = "mirror"
    REACTION = "reaction"
    ALARM = "alarm"
    NOTICE = "notice"
    DIGEST = "digest"
    TAKE_BACK = "take_back"
    FILES = "files"
    FILES_GONE = "files_gone"
    HANDOVER = "handover"
    HANDED_OVER = "handed_over"
    HANDOVER_GONE = "handover_gone"
    PROFILE = "profile"
    MEMBERSHIP = "membership"
    INVITATION = "invitation"
    FLOOD = "flood"
    BATCH = "batch"
    HOME = "home"
    WEBHOOK = "webhook"
    PRUNE = "prune"


class Urgency(IntEnum):
    """Who is served first where a pace is shared; lower comes first."""

    CLICK = 0
    REPLY = 10
    RECEIPT = 20
    CARD = 30
    UPDATE = 40
    BATCH = 45
    UPKEEP = 50


def enqueue(
    session: Session,
    *,
    workspace_id: int,
    kind: Kind,
    dedupe_key: str,
    urgency: Urgency,
    ticket: Ticket | None = None,
    lane: str | None = None,
    pace: str | None = None,
    payload: dict[str, Any] | None = None,
    message_key: str | None = None,
    run_at: datetime | None = None,
) -> bool:
    """Insert a job unless one with that key is or was there; say whether it was inserted.

    In a ticket's lane the transaction has locked the ticket's row: that makes the order in the lane
    the order of commits. In a lane without a ticket jobs run one at a time, in any order.
    """
    first: list[dict[str, Any]] | None = session.info.get(_FIRST)
    lane_seq = 0
    if lane is not None and ticket is not None and first is None:
        lane_seq = next_in_lane(ticket)
    row = {
        "workspace_id": workspace_id,
        "kind": kind,
        "ticket_id": ticket.id if ticket is not None else None,
        "lane": lane,
        "lane_seq": lane_seq,
        "pace": pace,
        "payload": payload or {},
        "dedupe_key": dedupe_key,
        "message_key": message_key or uuid4().hex,
        "priority": urgency,
        "run_at": run_at or utcnow(),
    }
    if first is not None:
        first.append(row)
        return True
    is_new = put_if_absent(session, Job, **row)
    if is_new:
        wake_after_commit(session)
    return is_new


@contextmanager
def first_jobs(session: Session) -> Iterator[None]:
    """Put all jobs of a ticket that this transaction inserted into the queue by one statement.

    Each is the first of its lane, so the ticket's row, which numbers those that follow, need not be
    written again. Until the end nothing may look for them in the queue.
    """
    rows: list[dict[str, Any]] = []
    session.info[_FIRST] = rows
    try:
        yield
    finally:
        del session.info[_FIRST]
    put_each_if_absent(session, Job, rows)
    wake_after_commit(session)


def next_in_lane(ticket: Ticket) -> int:
    """Take the next place in the lanes of the ticket, which is locked."""
    ticket.lane_seq += 1
    return ticket.lane_seq


def hasten(session: Session, *, lane: str, kind: Kind, at: datetime, urgency: Urgency) -> bool:
    """Bring a job of the lane that has not started forward, if there is one; say whether."""
    found = jobs.make_due(session, lane=lane, kind=kind, at=at, priority=urgency)
    if found:
        wake_after_commit(session)
    return found


def wake_after_commit(session: Session) -> None:
    """Let this process's worker look into the queue once the transaction is committed."""
    session.info["enqueued"] = True


def has_enqueued(session: Session) -> bool:
    """Whether the transaction put a job into the queue or changed when one is due."""
    return bool(session.info.get("enqueued"))


def finish(session: Session, *, job: Job, closing: Closing | None) -> None:
    """End a job that was done, together with the last write of its handler.

    Raises:
        LeaseLost: another worker holds the job now; nothing is written.
    """
    _close(session, job, state=JobState.DONE, outcome="done")
    if closing is not None:
        closing(session)


def retry(
    session: Session,
    *,
    job: Job,
    at: datetime,
    error: str,
    counted: bool = True,
    pace_opens: datetime | None = None,
) -> None:
    """Give the job back, to be tried again at that moment.

    Nothing else of its pace goes out before ``pace_opens``, because the other side said so.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    outcome = "retry" if counted else "postponed"
    _close(
        session,
        job,
        state=JobState.PENDING,
        outcome=outcome,
        error=error,
        run_at=at,
        counted=counted,
    )
    if pace_opens is not None and job.pace is not None:
        paces.hold(session, key=job.pace, until=min(pace_opens, utcnow() + LONGEST_HOLD))


def fail(session: Session, *, job: Job, error: str, closing: Closing | None) -> None:
    """Give the job up for good, together with what that means for its ticket.

    Raises:
        LeaseLost: another worker holds the job now; nothing is written.
    """
    _close(session, job, state=JobState.FAILED, outcome="failed", error=error)
    if closing is not None:
        closing(session)


def given_up(session: Session, *, ticket_id: int, kind: Kind) -> str | None:
    """Return why the ticket's last job of that kind was given up, or None if it was not."""
    last = jobs.last_of_kind(session, ticket_id=ticket_id, kind=kind)
    if last is None or last.state is not JobState.FAILED:
        return None
    return last.last_error or "it was given up"


def is_ours(session: Session, *, job: Job) -> bool:
    """Whether no other worker holds the job: ask with its ticket locked, before writing there.

    A worker that takes the job over afterwards waits for that lock, and so has the last word.
    """
    return leases.is_held(session, job_id=job.id, token=job.lease_token or "")


def _close(
    session: Session,
    job: Job,
    *,
    state: JobState,
    outcome: str,
    error: str | None = None,
    run_at: datetime | None = None,
    counted: bool = True,
) -> None:
    held = leases.close(
        session,
        job_id=job.id,
        token=job.lease_token or "",
        state=state,
        outcome=outcome,
        now=utcnow(),
        error=error,
        run_at=run_at,
        counted=counted,
    )
    if not held:
        raise LeaseLost(f"job {job.id} ({job.kind}) is no longer ours")
    count(session, "job_tries", kind=job.kind, outcome=outcome)
    wake_after_commit(session)


def mend_times(session: Session, *, lease: timedelta) -> int:
    """Bring to now what was written while the clock was ahead; return how many rows that were.

    It would all wait until that moment comes: jobs, the paces of channels, and the leases of
    processes that are gone. A job keeps the delay that it was given, and one that was tried is
    looked for in Slack from an hour ago on, since nobody knows when that was.
    """
    now = utcnow()
    ahead = now + CLOCKS_DIFFER
    made = jobs.made_after(session, moment=ahead)
    for job in made:
        if job.created_at > ahead:
            job.run_at -= job.created_at - now
            job.created_at = now
        if job.started_at is not None:
            job.run_at = min(job.run_at, now)
            if job.started_at > ahead:
                job.started_at = job.created_at = now - LOOKED_BACK
    return (
        len(made)
        + leases.shorten(session, beyond=ahead + lease, to=now + lease)
        + paces.release(session, beyond=ahead + LONGEST_HOLD, to=now)
    )


def prune(session: Session) -> int:
    """Delete done jobs that ended over 30 days ago; return how many, 1,000 at most."""
    return jobs.prune(session, finished_before=utcnow() - KEPT, limit=PRUNED_AT_ONCE)


def prune_paces(session: Session) -> None:
    """Forget every pace in which nothing went out for a day: whomever we wrote to has one."""
    paces.prune(session, opened_before=utcnow() - PACES_KEPT)
