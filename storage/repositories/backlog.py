"""How much is open."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from storage.repositories.lists import UNRESOLVED
from storage.repositories.tickets import for_every_agent
from storage.tables import Ticket


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
        ).where(
            Ticket.workspace_id == workspace_id,
            Ticket.status.in_(UNRESOLVED),
            Ticket.withdrawn_at.is_(None),
            for_every_agent(),
        )
    ).one()
    return Counts(*row)
