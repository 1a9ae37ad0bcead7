"""Questions about all that is open at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from storage.tables import Status, Ticket


@dataclass(frozen=True)
class Counts:
    """How many tickets are open, how many of those nobody claimed, and how many are old."""

    open: int
    unclaimed: int
    old: int


def counts(session: Session, *, workspace_id: int, opened_before: datetime) -> Counts:
    """Return the numbers; old is what was opened before that moment."""
    row = session.execute(
        select(
            func.count(),
            func.count(case((Ticket.assignee_id.is_(None), 1))),
            func.count(case((Ticket.created_at < opened_before, 1))),
        ).where(_open(workspace_id))
    ).one()
    return Counts(*row)


def oldest(session: Session, *, workspace_id: int, limit: int) -> Sequence[Ticket]:
    """Return the oldest open tickets with their people, oldest first."""
    return session.scalars(
        select(Ticket)
        .where(_open(workspace_id))
        .order_by(Ticket.id)
        .limit(limit)
        .options(joinedload(Ticket.requester), joinedload(Ticket.assignee))
    ).all()


def _open(workspace_id: int) -> ColumnElement[bool]:
    return and_(
        Ticket.workspace_id == workspace_id,
        Ticket.status != Status.RESOLVED,
        Ticket.withdrawn_at.is_(None),
        Ticket.private.is_(False),
    )
