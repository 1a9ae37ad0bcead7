"""Many tickets triaged together: those that have no result, and nobody at work on one.

A ticket of a batch waits as an item until it is its turn; then the item makes way for a triage that
counts for the batch. As many have their turn at once as the batch may have in work, whatever
process works on them: each end of a triage brings on the next ticket in its own transaction.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import overload

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from core import contacts, rights
from core.audit import Surface, record_at_large
from core.caller import By
from core.errors import Refusal
from core.installation import Installation
from core.jobs import Closing, Kind, Urgency, enqueue, hasten
from core.triage_queue import triages_due
from storage.repositories import batches
from storage.tables import Batch, BatchState, Contact, Job, TriageStatus, utcnow

# So often at most does Slack show how far a batch is: an update takes the place of a card's.
SHOWN_EVERY = timedelta(seconds=3)
# Tickets looked at in one go for some that still need a triage.
LOOKED_AT = 500
# Of so many is a batch at most that is asked for over Slack, which waits three seconds. A hundred
# thousand take longer than that on PostgreSQL.
MOST = 10_000


class UnknownBatch(Refusal):
    """There is no such batch."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no batch {number}.")


@dataclass(frozen=True)
class Progress:
    """How far a batch is; ``in_work`` and ``waiting`` are those that it is not through with."""

    batch: Batch
    in_work: int
    waiting: int


def ask(
    session: Session,
    *,
    installation: Installation,
    by: By,
    concurrency: int,
    limit: int | None = None,
    channel: str | None = None,
    surface: Surface,
) -> Batch | None:
    """Have the tickets triaged in a batch that the agent may see; None if there is nothing to do.

    It has ``MOST`` of them at most, whatever the limit is; who asks again has the next ones.
    ``channel`` is where Slack shows how far it is: a channel, or a person to tell directly.

    Raises:
        NotAnAgent: only agents may.
    """
    agent = contacts.agent(session, installation=installation, by=by)
    return begin(
        session,
        workspace_id=installation.workspace_id,
        concurrency=concurrency,
        limit=min(limit or MOST, MOST),
        among=rights.visible(by, agent, installation=installation),
        agent=agent,
        channel=channel,
        surface=surface,
    )


def begin(
    session: Session,
    *,
    workspace_id: int,
    concurrency: int,
    limit: int | None = None,
    among: ColumnElement[bool] | None = None,
    agent: Contact | None = None,
    channel: str | None = None,
    surface: Surface,
) -> Batch | None:
    """Put the oldest ``limit`` tickets that need a triage into a batch; None if none does.

    ``concurrency`` of them are in work at once; ``among`` says from which it chooses.
    """
    batch = Batch(
        workspace_id=workspace_id,
        concurrency=concurrency,
        asked_by_id=agent.id if agent is not None else None,
        channel=channel,
    )
    session.add(batch)
    session.flush()
    batch.total = batches.fill(session, batch=batch, limit=limit, among=among)
    if not batch.total:
        session.delete(batch)
        return None
    session.flush()
    record_at_large(
        session,
        "batch_asked",
        workspace_id=workspace_id,
        actor=agent,
        surface=surface,
        batch=batch.id,
        tickets=batch.total,
    )
    _go_on(session, batch)
    _showing_due(session, batch)
    return batch


def found(session: Session, *, workspace_id: int, number: int) -> Progress:
    """Return how far the batch is.

    Raises:
        UnknownBatch: there is none.
    """
    known = None
    if number <= rights.LARGEST_NUMBER:
        known = batches.with_progress(session, workspace_id=workspace_id, number=number)
    if known is None:
        raise UnknownBatch(number)
    return Progress(*known)


@overload
def counting(job: Job, closing: Closing, *, failed: bool = ...) -> Closing: ...
@overload
def counting(job: Job, closing: Closing | None, *, failed: bool = ...) -> Closing | None: ...
def counting(job: Job, closing: Closing | None, *, failed: bool = False) -> Closing | None:
    """Return the closing of a triage that counts the ticket for its batch, if it is of one."""
    if job.batch_id is None:
        return closing
    return partial(_counted, batch_id=job.batch_id, closing=closing, failed=failed)


def _counted(session: Session, *, batch_id: int, closing: Closing | None, failed: bool) -> None:
    # The ticket is locked before the batch, as everywhere.
    if closing is not None:
        closing(session)
        session.flush()
    batch = batches.count(session, batch_id=batch_id, done=int(not failed), failed=int(failed))
    _go_on(session, batch)
    _showing_due(session, batch)


def _go_on(session: Session, batch: Batch) -> None:
    """Let as many tickets have their turn as the batch may have in work. It is locked, or new."""
    in_work = batches.in_work(session, batch_id=batch.id)
    limit = batch.concurrency - in_work
    while in_work < batch.concurrency:
        # Others hold a ticket for a moment. It waits for the next turn, if there is to be one.
        upcoming = batches.next_tickets(session, batch_id=batch.id, limit=limit, patient=False)
        if not upcoming and in_work == 0:
            upcoming = batches.next_tickets(session, batch_id=batch.id, limit=limit, patient=True)
        if not upcoming:
            break
        ready = [ticket for ticket, needs in upcoming if needs][: batch.concurrency - in_work]
        gone = [ticket for ticket, needs in upcoming if not needs]
        batches.take_out(session, ticket_ids=[ticket.id for ticket in (*ready, *gone)])
        batch.done += len(gone)  # somebody resolved them, or had them triaged
        for ticket in ready:
            ticket.triage_status, ticket.triage_error = TriageStatus.PENDING, None
        triages_due(session, ready, urgency=Urgency.BATCH, batch_id=batch.id)
        in_work += len(ready)
        if len(gone) > LOOKED_AT // 2:
            # To pass over all that is left look by look could hold up the desk for half a minute.
            batch.done += batches.drop_needless(session, batch_id=batch.id)
        limit = min(2 * limit, LOOKED_AT)
    if batch.done + batch.failed >= batch.total:
        batch.state, batch.finished_at = BatchState.DONE, utcnow()


def _showing_due(session: Session, batch: Batch) -> None:
    """Have Slack show how far the batch will be then, if it was asked for there."""
    if batch.channel is None:
        return
    lane, through = f"batch:{batch.id}", batch.done + batch.failed
    at = utcnow() + SHOWN_EVERY * (through > 0)
    if hasten(session, lane=lane, kind=Kind.BATCH, at=at, urgency=Urgency.CLICK):
        return
    enqueue(
        session,
        workspace_id=batch.workspace_id,
        kind=Kind.BATCH,
        dedupe_key=f"{lane}:{through}",
        urgency=Urgency.CLICK,
        lane=lane,
        pace="update" if batch.message_ts else f"post:{batch.channel}",
        payload={"batch_id": batch.id},
        run_at=at,
    )


def shown(session: Session, *, batch_id: int, channel: str, ts: str) -> None:
    """Note where Slack shows how far the batch is."""
    batches.place(session, batch_id=batch_id, channel=channel, ts=ts)


def not_shown(session: Session, *, batch_id: int) -> None:
    """Show it no more: Slack takes no message there."""
    batches.place(session, batch_id=batch_id, channel=None, ts=None)
