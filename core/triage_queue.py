"""Triages that are wanted: put into the queue, or overtaken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from core.jobs import Kind, Urgency, enqueue, next_in_lane, wake_after_commit
from storage.repositories import jobs
from storage.repositories.jobs import Place
from storage.tables import (
    Job,
    Ticket,
    TriageStatus,
    utcnow,
)
from storage.upsert import put_each_if_absent


def triage_overtaken(ticket: Ticket) -> None:
    """Let what a triage under way may still bring no longer count."""
    ticket.triage_generation += 1


def triage_again(session: Session, ticket: Ticket, *, delay: timedelta = timedelta(0)) -> None:
    """Have the ticket triaged anew, with what was said since."""
    ticket.triage_status, ticket.triage_error = TriageStatus.PENDING, None
    triage_due(session, ticket, urgency=Urgency.UPDATE, delay=delay)


def triage_due(
    session: Session,
    ticket: Ticket,
    *,
    urgency: Urgency = Urgency.CARD,
    delay: timedelta = timedelta(0),
) -> None:
    """Have the ticket triaged anew; what an earlier triage may still bring no longer counts."""
    triages_due(session, [ticket], urgency=urgency, delay=delay)


def first_triage_due(
    session: Session, ticket: Ticket, *, urgency: Urgency, delay: timedelta
) -> None:
    """Have a new ticket triaged: there is nothing to overtake."""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.TRIAGE,
        dedupe_key=f"triage:{ticket.id}:{ticket.triage_generation}",
        urgency=urgency,
        ticket=ticket,
        lane=f"triage:{ticket.id}",
        payload={"generation": ticket.triage_generation},
        run_at=utcnow() + delay,
    )


def triages_due(
    session: Session,
    some: Sequence[Ticket],
    *,
    urgency: Urgency,
    delay: timedelta = timedelta(0),
    batch_id: int | None = None,
) -> None:
    """Have each of the tickets triaged anew, as one of that batch or of none.

    A triage that only waited is closed, and the new one takes its place: it is as urgent, not
    before its time, and counts for its batch.
    """
    for ticket in some:
        triage_overtaken(ticket)
    lanes = [f"triage:{ticket.id}" for ticket in some]
    places = jobs.close_waiting(session, lanes=lanes, kind=Kind.TRIAGE, now=utcnow())
    put_each_if_absent(
        session,
        Job,
        [
            _triage_job(
                ticket,
                places.get(f"triage:{ticket.id}"),
                urgency=urgency,
                run_at=utcnow() + delay,
                batch_id=batch_id,
            )
            for ticket in some
        ],
    )
    wake_after_commit(session)


def _triage_job(
    ticket: Ticket, place: Place | None, *, urgency: int, run_at: datetime, batch_id: int | None
) -> dict[str, Any]:
    return {
        "workspace_id": ticket.workspace_id,
        "kind": Kind.TRIAGE,
        "ticket_id": ticket.id,
        "batch_id": batch_id or (place.batch_id if place else None),
        "lane": f"triage:{ticket.id}",
        "lane_seq": next_in_lane(ticket),
        "payload": {"generation": ticket.triage_generation},
        "dedupe_key": f"triage:{ticket.id}:{ticket.triage_generation}",
        "message_key": uuid4().hex,
        "priority": min(urgency, place.priority) if place else urgency,
        "run_at": max(run_at, place.run_at) if place else run_at,
    }
