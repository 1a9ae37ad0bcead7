"""Lists of tickets, which take as long at a million tickets as at a thousand.

Each is put together of parts: what is in one status of one person, or of all, in the order of an
index. Of no part more is read than is counted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, literal, select, union
from sqlalchemy.orm import Session, joinedload

from storage.repositories.tickets import for_every_agent, visible_to
from storage.tables import Status, Ticket

# So far it is counted how many tickets a list has: beyond, nobody reads the number.
COUNTED = 1_000
UNRESOLVED = (Status.NEW, Status.OPEN, Status.WAITING)


@dataclass(frozen=True)
class Some:
    """The tickets that are shown, and how many there are in all, or COUNTED if there are more."""

    tickets: Sequence[Ticket]
    count: int
    has_more: bool = False


class Claim(StrEnum):
    """Who works on a ticket, as one agent sees it."""

    NOBODY = "nobody"
    MINE = "mine"
    OTHERS = "others"


def newest(
    session: Session,
    *,
    workspace_id: int,
    contact_id: int,
    only_theirs: bool,
    assigned_too: bool,
    with_private: bool,
    statuses: Collection[Status],
    limit: int,
) -> Some:
    """Return the newest tickets in those statuses with their people, and how many there are.

    ``only_theirs`` are those that the person asked for, ``assigned_too`` those that they work on as
    well. Private tickets of others are there only ``with_private``.
    """
    whose = [Ticket.workspace_id == workspace_id]
    if only_theirs:
        whose = [Ticket.requester_id == contact_id]
    if only_theirs and assigned_too:
        whose.append(Ticket.assignee_id == contact_id)
    visible = visible_to(contact_id, with_private=with_private)
    parts = (
        _part(each, Ticket.status == status, visible, is_newest_first=True)
        for each in whose
        for status in statuses
    )
    return _some(session, parts, limit=limit, is_newest_first=True)


def waiting(
    session: Session,
    *,
    workspace_id: int,
    agent_id: int,
    claim: Claim,
    with_private: bool,
    limit: int,
) -> Some:
    """Return the oldest open tickets that agent may see with their people, and how many there are.

    Those that wait for the requester come last.
    """
    whose = {
        Claim.NOBODY: Ticket.assignee_id.is_(None),
        Claim.MINE: Ticket.assignee_id == agent_id,
        Claim.OTHERS: Ticket.assignee_id != agent_id,
    }[claim]
    visible = visible_to(agent_id, with_private=with_private)
    parts = (
        _part(
            Ticket.workspace_id == workspace_id,
            Ticket.status == status,
            whose,
            visible,
            comes_last=status is Status.WAITING,
        )
        for status in UNRESOLVED
    )
    return _some(session, parts, limit=limit)


def oldest(session: Session, *, workspace_id: int, limit: int) -> Sequence[Ticket]:
    """Return the oldest open tickets that are not private with their people, oldest first."""
    parts = (
        _part(Ticket.workspace_id == workspace_id, Ticket.status == status, for_every_agent())
        for status in UNRESOLVED
    )
    return _some(session, parts, limit=limit).tickets


def _part(
    *conditions: ColumnElement[bool], comes_last: bool = False, is_newest_first: bool = False
) -> Select[tuple[int, int]]:
    order = Ticket.id.desc() if is_newest_first else Ticket.id
    part = (
        select(Ticket.id, literal(int(comes_last)).label("comes_last"))
        .where(*conditions, Ticket.withdrawn_at.is_(None))
        .order_by(order)
        .limit(COUNTED + 1)
        .subquery()
    )
    return select(part.c.id, part.c.comes_last)


def _some(
    session: Session,
    parts: Iterable[Select[tuple[int, int]]],
    *,
    limit: int,
    is_newest_first: bool = False,
) -> Some:
    found = union(*parts).cte("found")
    order = found.c.id.desc() if is_newest_first else found.c.id
    shown = select(found).order_by(found.c.comes_last, order).limit(limit).subquery("shown")
    rows = session.execute(
        select(Ticket, select(func.count()).select_from(found).scalar_subquery())
        .join(shown, shown.c.id == Ticket.id)
        .order_by(shown.c.comes_last, Ticket.id.desc() if is_newest_first else Ticket.id)
        .options(joinedload(Ticket.requester), joinedload(Ticket.assignee))
    ).all()
    count = rows[0][1] if rows else 0
    return Some([ticket for ticket, _ in rows], count=min(count, COUNTED), has_more=count > COUNTED)
