"""Questions about long lists, answered page by page along the primary key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, or_, select
from sqlalchemy.orm import Session, joinedload

from storage.tables import (
    AuditEvent,
    Message,
    ModelCall,
    Reply,
    Role,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
    Visibility,
)

_UNRESOLVED = (Status.NEW, Status.OPEN, Status.WAITING)
_ASSIGNEE: ColumnElement[int] = literal_column("+tickets.assignee_id")
_UNTRIAGED: ColumnElement[bool] = Ticket.triage_status != literal_column("'completed'")
# No index helps to find a word: so many tickets are looked at for one page, and no more.
READ_AT_ONCE = 20_000
# Tickets are numbered when they are made and stamped a moment before: so far may the two orders
# differ from each other.
OVERLAP = 1_000


@dataclass(frozen=True)
class Filters:
    """Which tickets are wanted; what is None does not matter. ``assignee_id`` 0 is nobody."""

    status: Status | None = None
    triage_status: TriageStatus | None = None
    category: str | None = None
    priority: TicketPriority | None = None
    assignee_id: int | None = None
    source: str | None = None
    external_id: str | None = None
    text: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Found:
    """One page of tickets, the newest first; the next one has those below ``next_before``."""

    tickets: Sequence[Ticket]
    next_before: int | None


def tickets(
    session: Session,
    *,
    workspace_id: int,
    visible: ColumnElement[bool],
    filters: Filters,
    before: int | None,
    limit: int,
) -> Found:
    """Return the newest tickets with their people that pass the filters, below that number.

    With a text to look for, a page may be short although more follow: see ``READ_AT_ONCE``.
    """
    conditions = [
        _in_workspace(workspace_id, filters),
        Ticket.withdrawn_at.is_(None),
        visible,
        *_conditions(filters),
    ]
    if before is not None:
        conditions.append(Ticket.id < before)
    if filters.since is not None:
        first = _first_since(session, workspace_id, filters.since)
        if first is None:
            return Found([], None)
        conditions += [Ticket.created_at >= filters.since, Ticket.id >= first - OVERLAP]
    lowest = None
    if filters.text:
        highest = before or 1 + (session.scalar(select(func.max(Ticket.id))) or 0)
        lowest = max(0, highest - READ_AT_ONCE)
        conditions.append(Ticket.id >= lowest)
    found = session.scalars(
        select(Ticket)
        .where(*conditions)
        .order_by(Ticket.id.desc())
        .limit(limit + 1)
        .options(
            joinedload(Ticket.requester),
            joinedload(Ticket.opened_by),
            joinedload(Ticket.assignee),
            joinedload(Ticket.resolved_by),
        )
    ).all()
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1].id)
    return Found(found, lowest or None)


def _in_workspace(workspace_id: int, filters: Filters) -> ColumnElement[bool]:
    """Say in which workspace, so that SQLite takes the index of a filter, or else the primary key.

    It knows no numbers of rows, so it would take any index that begins with the workspace, which
    has them all, and sort what it finds: 8 s at a million tickets. A plus keeps it from that.
    https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    """
    has_index = (
        filters.status not in {None, Status.RESOLVED}
        or filters.triage_status not in {None, TriageStatus.COMPLETED}
        or any((filters.category, filters.priority, filters.source))
    )
    if has_index:
        return Ticket.workspace_id == workspace_id
    plus: ColumnElement[int] = literal_column("+tickets.workspace_id")
    return plus == workspace_id


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    equal: list[tuple[ColumnElement[bool], object]] = [
        (_in_status(filters), filters.status),
        (Ticket.triage_status == filters.triage_status, filters.triage_status),
        (Ticket.category == filters.category, filters.category),
        (Ticket.priority == filters.priority, filters.priority),
        (Ticket.source == filters.source, filters.source),
        (Ticket.external_id == filters.external_id, filters.external_id),
    ]
    wanted = [condition for condition, value in equal if value is not None]
    if filters.assignee_id is not None:
        wanted.append(
            Ticket.assignee_id == filters.assignee_id
            if filters.assignee_id
            else _ASSIGNEE.is_(None)  # who has none is not looked up: there are too many
        )
    # In the words of the partial index, or SQLite does not take it.
    if filters.triage_status not in {None, TriageStatus.COMPLETED}:
        wanted.append(_UNTRIAGED)
    if filters.text:
        wanted.append(
            or_(
                Ticket.title.icontains(filters.text, autoescape=True),
                Ticket.raw_text.icontains(filters.text, autoescape=True),
            )
        )
    return wanted


def _in_status(filters: Filters) -> ColumnElement[bool]:
    """Say which status, so that SQLite does not look through all that is resolved for the rest.

    Nearly all tickets are, and it knows no numbers: of two indexes it may take that of the status.
    """
    if filters.status is Status.RESOLVED and not filters.assignee_id:
        return Ticket.status.not_in(_UNRESOLVED)
    return Ticket.status == filters.status


def _first_since(session: Session, workspace_id: int, moment: datetime) -> int | None:
    """Return the number of the first ticket that was opened since then."""
    return session.scalar(
        select(Ticket.id)
        .where(Ticket.workspace_id == workspace_id, Ticket.created_at >= moment)
        .order_by(Ticket.created_at)
        .limit(1)
    )


def messages(
    session: Session,
    *,
    ticket_id: int,
    visibilities: Collection[Visibility],
    after: int,
    limit: int,
) -> Sequence[Message]:
    """Return the ticket's messages with their authors, oldest first, but for the bot's own."""
    return session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.id > after,
            Message.role != Role.BOT,
            Message.visibility.in_(visibilities),
        )
        .order_by(Message.id)
        .limit(limit)
        .options(joinedload(Message.author))
    ).all()


def replies_of(session: Session, *, message_ids: Collection[int]) -> dict[int, Reply]:
    """Return the replies that are those messages, by the message, with who approved them."""
    found = session.scalars(
        select(Reply)
        .where(Reply.message_id.in_(message_ids))
        .options(joinedload(Reply.approved_by))
    )
    return {reply.message_id: reply for reply in found}


def events(session: Session, *, ticket_id: int, after: int, limit: int) -> Sequence[AuditEvent]:
    """Return who did what to the ticket, oldest first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.ticket_id == ticket_id, AuditEvent.id > after)
        .order_by(AuditEvent.id)
        .limit(limit)
        .options(joinedload(AuditEvent.actor))
    ).all()


def calls(session: Session, *, ticket_id: int, after: int, limit: int) -> Sequence[ModelCall]:
    """Return how often a model was asked about the ticket, oldest first."""
    return session.scalars(
        select(ModelCall)
        .where(ModelCall.ticket_id == ticket_id, ModelCall.id > after)
        .order_by(ModelCall.id)
        .limit(limit)
    ).all()
