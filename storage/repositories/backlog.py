"""Questions about all that is open at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from storage.repositories.tickets import for_every_agent, visible_to
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
        ).where(_open(workspace_id), for_every_agent())
    ).one()
    return Counts(*row)


def oldest(session: Session, *, workspace_id: int, limit: int) -> Sequence[Ticket]:
    """Return the oldest open tickets with their people, oldest first."""
    return session.scalars(
        select(Ticket)
        .where(_open(workspace_id), for_every_agent())
        .order_by(Ticket.id)
        .limit(limit)
        .options(joinedload(Ticket.requester), joinedload(Ticket.assignee))
    ).all()


class Claim(StrEnum):
    """Who works on a ticket, as one agent sees it."""

    NOBODY = "nobody"
    MINE = "mine"
    OTHERS = "others"


def waiting(
    session: Session,
    *,
    workspace_id: int,
    agent_id: int,
    claim: Claim,
    with_private: bool,
    limit: int,
) -> tuple[Sequence[Ticket], int]:
    """Return the oldest open tickets that agent may see with their people, and how many there are.

    Those that wait for the requester come last.
    """
    whose = {
        Claim.NOBODY: Ticket.assignee_id.is_(None),
        Claim.MINE: Ticket.assignee_id == agent_id,
        Claim.OTHERS: Ticket.assignee_id != agent_id,
    }[claim]
    found = session.execute(
        select(Ticket, func.count().over())
        .where(
            _open(workspace_id),
            whose,
            visible_to(agent_id, with_private=with_private),
        )
        .order_by(case((Ticket.status == Status.WAITING, 1), else_=0), Ticket.id)
        .limit(limit)
        .options(joinedload(Ticket.requester), joinedload(Ticket.assignee))
    ).all()
    return [ticket for ticket, _ in found], found[0][1] if found else 0


def _open(workspace_id: int) -> ColumnElement[bool]:
    return and_(
        Ticket.workspace_id == workspace_id,
        Ticket.status != Status.RESOLVED,
        Ticket.withdrawn_at.is_(None),
    )
