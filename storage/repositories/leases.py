"""Whether a job is still theirs who claimed it, and how each try of it ends."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import Integer, Table, bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from storage.repositories.jobs import RUNNING
from storage.tables import Job, JobAttempt, JobState
from storage.types import UtcDateTime

_JOBS, _TRIES = cast("Table", Job.__table__), cast("Table", JobAttempt.__table__)

# Built once, because a worker needs them for each job: to build one takes longer than to run it.
_END_OF_TRY = (
    update(_TRIES)
    .where(_TRIES.c.job_id == bindparam("of_job"), _TRIES.c.lease_token == bindparam("token"))
    .values(ended_at=bindparam("now"), outcome=bindparam("how"), error=bindparam("why"))
)


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


def extend(session: Session, *, tokens: Collection[str], until: datetime) -> set[str]:
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


def shorten(session: Session, *, beyond: datetime, to: datetime) -> int:
    """Let leases that last longer than that end then; return how many there were."""
    shortened = session.execute(
        update(Job)
        .where(Job.state == RUNNING, Job.lease_until > beyond)
        .values(lease_until=to)
        .returning(Job.id),
        execution_options={"synchronize_session": False},
    )
    return len(shortened.all())
