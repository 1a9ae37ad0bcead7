"""Questions about what was said in a ticket's conversation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.orm import Session, joinedload

from storage.tables import (
    AuditEvent,
    Message,
    Role,
    Ticket,
    Visibility,
)

# Built once, because a batch asks them a hundred times a second.
_OF_TICKET = Message.ticket_id == bindparam("ticket_id")
_OPENING = (
    select(Message)
    .where(_OF_TICKET)
    .order_by(Message.id)
    .limit(1)
    .options(joinedload(Message.author))
)
_LAST_PUBLIC = (
    select(Message)
    .where(
        _OF_TICKET,
        Message.visibility == Visibility.PUBLIC,
        Message.role != Role.BOT,
        Message.deleted_at.is_(None),
    )
    .order_by(Message.id.desc())
    .limit(bindparam("most"))
    .options(joinedload(Message.author))
)
_HAS_LOST_ANY = select(
    select(Message.id)
    .where(
        _OF_TICKET,
        Message.visibility == Visibility.PUBLIC,
        Message.deleted_at >= bindparam("moment"),
    )
    .exists()
    | select(AuditEvent.id)
    .where(
        AuditEvent.ticket_id == bindparam("ticket_id"),
        AuditEvent.action == "split",
        AuditEvent.created_at >= bindparam("moment"),
    )
    .exists()
)


def of_ticket(session: Session, *, ticket_id: int, message_id: int) -> Message | None:
    """Return that message of the ticket."""
    return session.scalars(
        select(Message).where(Message.id == message_id, Message.ticket_id == ticket_id)
    ).one_or_none()


def at(session: Session, *, workspace_id: int, channel: str, ts: str) -> Message | None:
    """Return the message that stands at that place in Slack."""
    return session.scalars(
        select(Message).where(
            Message.workspace_id == workspace_id, Message.channel == channel, Message.ts == ts
        )
    ).one_or_none()


def by_id(session: Session, *, message_id: int) -> Message:
    """Return the message with its author."""
    return session.get_one(Message, message_id, options=[joinedload(Message.author)])


def last_of_requester(session: Session, *, ticket_id: int) -> Message | None:
    """Return what the requester wrote last."""
    return session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.role == Role.REQUESTER,
            Message.visibility == Visibility.PUBLIC,
        )
        .order_by(Message.id.desc())
        .limit(1)
    ).one_or_none()


def newest(session: Session, *, ticket_id: int) -> tuple[int, datetime | None]:
    """Return the number of the ticket's newest message, and when one was edited last."""
    question = select(func.max(Message.id), func.max(Message.edited_at))
    number, edited_at = session.execute(question.where(Message.ticket_id == ticket_id)).one()
    return number or 0, edited_at


def first_in_channel(session: Session, *, ticket_id: int, channel: str) -> Message:
    """Return the oldest of the ticket's messages that stand in that channel."""
    return session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.channel == channel)
        .order_by(Message.id)
        .limit(1)
    ).one()


def all_of_ticket(session: Session, *, ticket_id: int) -> Sequence[Message]:
    """Return every message of the ticket, notes among them, oldest first."""
    return session.scalars(
        select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id)
    ).all()


def opening(session: Session, *, ticket_id: int) -> Message | None:
    """Return the message that became the ticket."""
    return session.scalars(_OPENING, {"ticket_id": ticket_id}).one_or_none()


def requester_has_words(session: Session, *, ticket_id: int) -> bool:
    """Whether anything is left of what the requester wrote."""
    words = select(Message.id).where(
        Message.ticket_id == ticket_id,
        Message.role == Role.REQUESTER,
        Message.deleted_at.is_(None),
    )
    return session.scalar(words.limit(1)) is not None


def has_lost_any_since(session: Session, *, ticket_id: int, moment: datetime) -> bool:
    """Whether anything that was said in public is gone from the ticket since that moment."""
    return session.scalar(_HAS_LOST_ANY, {"ticket_id": ticket_id, "moment": moment}) or False


def requester_words_after(
    session: Session, *, ticket_id: int, message_id: int, edited_after: datetime | None = None
) -> Sequence[Message]:
    """Return what the requester wrote after that message or changed since, oldest first."""
    is_new: ColumnElement[bool] = Message.id > message_id
    if edited_after is not None:
        is_new = or_(is_new, Message.edited_at > edited_after)
    return session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            is_new,
            Message.role == Role.REQUESTER,
            Message.visibility == Visibility.PUBLIC,
            Message.deleted_at.is_(None),
        )
        .order_by(Message.id)
    ).all()


def conversation(
    session: Session, *, ticket_id: int, limit: int
) -> tuple[Message | None, Sequence[Message]]:
    """Return the message that became the ticket, and the last public ones but for it."""
    first = opening(session, ticket_id=ticket_id)
    newest = last_public(session, ticket_id=ticket_id, limit=limit)
    return first, [each for each in newest if first is None or each.id != first.id]


def last_public(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the last messages that the requester may read, with their authors, oldest first."""
    newest = session.scalars(_LAST_PUBLIC, {"ticket_id": ticket_id, "most": limit}).all()
    return newest[::-1]


def copied(session: Session, *, ticket_id: int) -> Sequence[Message]:
    """Return the messages of which a copy stands in the thread of the ticket's card."""
    return session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.mirror_ts.is_not(None))
        .order_by(Message.id)
    ).all()


def of_handovers(session: Session, *, ticket_id: int) -> Sequence[Message]:
    """Return what the bot posted for those who took the ticket over, as far as it stands."""
    return session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.role == Role.BOT,
            Message.visibility == Visibility.INTERNAL,
            Message.deleted_at.is_(None),
        )
        .order_by(Message.id)
    ).all()


def was_answered(session: Session, *, ticket_id: int) -> bool:
    """Whether an agent has written to the requester."""
    found = session.scalar(
        select(Message.id)
        .where(
            Message.ticket_id == ticket_id,
            Message.role == Role.AGENT,
            Message.visibility == Visibility.PUBLIC,
        )
        .limit(1)
    )
    return found is not None


def is_worked_on(session: Session, *, ticket: Ticket) -> bool:
    """Whether an agent has done anything with the ticket: claimed, corrected, answered, noted."""
    if ticket.assignee_id or ticket.category_set_by_id or ticket.is_transferred:
        return True
    if ticket.priority_set_by_id not in {None, ticket.requester_id, ticket.opened_by_id}:
        return True
    words = select(Message.id).where(
        Message.ticket_id == ticket.id,
        or_(Message.role == Role.AGENT, Message.visibility == Visibility.INTERNAL),
    )
    return session.scalar(words.limit(1)) is not None
