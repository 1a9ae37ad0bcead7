"""Questions about batches."""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from storage.repositories.jobs import OPEN, RUNNING
from storage.tables import (
    Batch,
    BatchItem,
    BatchState,
    Job,
    JobState,
    Status,
    Ticket,
    TriageStatus,
)
from storage.upsert import put_selected_if_absent

_UNTRIAGED: ColumnElement[TriageStatus] = literal_column("'completed'")


def _needs_triage() -> ColumnElement[bool]:
    """Which tickets have no result, and nobody at work on one.

    What only waits for the model, outside of any batch, may be taken over.
    """
    job = aliased(Job)
    is_under_way = exists().where(
        job.lane == literal("triage:") + cast(Ticket.id, String),
        job.state.in_(OPEN),
        or_(job.state == RUNNING, job.kind != "triage", job.batch_id.is_not(None)),
    )
    return (
        (Ticket.triage_status != _UNTRIAGED)
        & Ticket.triage_status.in_([TriageStatus.PENDING, TriageStatus.FAILED])
        & (Ticket.status != Status.RESOLVED)
        & Ticket.withdrawn_at.is_(None)
        & ~is_under_way
    )


# Built once: each end of a triage asks them, and to build one takes longer than to run it.
_IN_WORK = select(func.count()).where(Job.batch_id == bindparam("batch_id"), Job.state.in_(OPEN))
_NEXT = (
    select(Ticket, _needs_triage())
    .join(BatchItem, BatchItem.ticket_id == Ticket.id)
    .where(BatchItem.batch_id == bindparam("batch_id"))
    .order_by(BatchItem.ticket_id)
    .limit(bindparam("most"))
    .execution_options(populate_existing=True)
)
_NEXT_AT_ONCE = _NEXT.with_for_update(of=Ticket, key_share=True, skip_locked=True)
_COUNT = (
    update(Batch)
    .where(Batch.id == bindparam("of_batch"))
    .values(
        done=Batch.done + bindparam("more_done", type_=Integer),
        failed=Batch.failed + bindparam("more_failed", type_=Integer),
    )
    .returning(Batch)
    .execution_options(populate_existing=True, synchronize_session=False)
)


def fill(
    session: Session,
    *,
    batch: Batch,
    limit: int | None,
    among: ColumnElement[bool] | None,
) -> int:
    """Put the oldest of these tickets that need a triage into the batch; return how many.

    None that waits in another batch. Without ``among`` it is any of the workspace's.
    """
    waits = exists().where(BatchItem.ticket_id == Ticket.id)
    chosen = (
        select(Ticket.id, literal(batch.id))
        .where(
            Ticket.workspace_id == batch.workspace_id,
            _needs_triage(),
            ~waits,
            true() if among is None else among,
        )
        .order_by(Ticket.id)
        .limit(limit)
    )
    return put_selected_if_absent(session, BatchItem, ["ticket_id", "batch_id"], chosen)


def in_work(session: Session, *, batch_id: int) -> int:
    """Return how many tickets of the batch have their turn now."""
    return session.scalars(_IN_WORK, {"batch_id": batch_id}).one()


def next_tickets(
    session: Session, *, batch_id: int, limit: int, patient: bool
) -> Sequence[tuple[Ticket, bool]]:
    """Return the batch's next tickets, locked, and whether each still needs a triage.

    Those that another transaction works on are left for later, unless this one is ``patient``.
    """
    found = session.execute(
        _NEXT.with_for_update(of=Ticket, key_share=True) if patient else _NEXT_AT_ONCE,
        {"batch_id": batch_id, "most": limit},
    )
    return [(ticket, needs) for ticket, needs in found]


def take_out(session: Session, *, ticket_ids: Collection[int]) -> None:
    """Let these tickets wait no more."""
    session.execute(
        delete(BatchItem).where(BatchItem.ticket_id.in_(ticket_ids)),
        execution_options={"synchronize_session": False},
    )


def drop_needless(session: Session, *, batch_id: int) -> int:
    """Let no ticket wait any more that needs no triage; return how many of the batch that were."""
    needless = exists().where(Ticket.id == BatchItem.ticket_id, ~_needs_triage())
    dropped = session.connection().execute(
        delete(BatchItem).where(BatchItem.batch_id == batch_id, needless)
    )
    return dropped.rowcount


def count(session: Session, *, batch_id: int, done: int = 0, failed: int = 0) -> Batch:
    """Count tickets that the batch is through with, and return it, locked from here on."""
    return session.scalars(
        _COUNT, {"of_batch": batch_id, "more_done": done, "more_failed": failed}
    ).one()


def place(session: Session, *, batch_id: int, channel: str | None, ts: str | None) -> None:
    """Write where the message stands that shows how far the batch is, if it is to be shown."""
    session.execute(
        update(Batch).where(Batch.id == batch_id).values(channel=channel, message_ts=ts),
        execution_options={"synchronize_session": False},
    )


def with_progress(
    session: Session, *, workspace_id: int, number: int
) -> tuple[Batch, int, int] | None:
    """Return the batch, how many of its tickets have their turn now, and how many wait for it."""
    in_turn = select(func.count()).where(Job.batch_id == number, Job.state.in_(OPEN))
    waiting = select(func.count()).where(BatchItem.batch_id == number)
    row = session.execute(
        select(Batch, in_turn.scalar_subquery(), waiting.scalar_subquery()).where(
            Batch.workspace_id == workspace_id, Batch.id == number
        )
    ).one_or_none()
    return (row[0], row[1], row[2]) if row is not None else None


def newest_running(session: Session, *, workspace_id: int) -> Batch | None:
    """Return the batch that was begun last and is not at its end, or None."""
    return session.scalars(
        select(Batch)
        .where(Batch.workspace_id == workspace_id, Batch.state == BatchState.RUNNING)
        .order_by(Batch.id.desc())
        .limit(1)
    ).one_or_none()


def failures(session: Session, *, batch_id: int) -> Sequence[tuple[str, int]]:
    """Return why triages of the batch were given up, and how many each, the most first."""
    count = func.count()
    query = (
        select(func.coalesce(Job.last_error, ""), count)
        .where(Job.batch_id == batch_id, Job.state == JobState.FAILED)
        .group_by(Job.last_error)
        .order_by(count.desc())
    )
    return [(reason, number) for reason, number in session.execute(query)]
