"""Questions about tickets and their conversation."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from storage.tables import (
    Job,
    JobState,
    Message,
    Role,
    Status,
    Ticket,
    TriageStatus,
    Visibility,
)


def by_number(session: Session, *, workspace_id: int, number: int) -> Ticket | None:
    """Return the ticket with its people, for showing."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.workspace_id == workspace_id, Ticket.id == number)
        .options(
            joinedload(Ticket.requester),
            joinedload(Ticket.opened_by),
            joinedload(Ticket.assignee),
            joinedload(Ticket.resolved_by),
            joinedload(Ticket.withdrawn_by),
            joinedload(Ticket.transferred_by),
        )
    ).one_or_none()


def locked(session: Session, *, workspace_id: int, number: int) -> Ticket | None:
    """Return the ticket, locked until the transaction ends, for changing."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.workspace_id == workspace_id, Ticket.id == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def in_thread(session: Session, *, workspace_id: int, channel: str, root_ts: str) -> Ticket | None:
    """Return the ticket that the thread belongs to now."""
    return session.scalars(
        select(Ticket).where(
            Ticket.workspace_id == workspace_id,
            Ticket.channel == channel,
            Ticket.root_ts == root_ts,
            ~Ticket.is_followed,
        )
    ).one_or_none()


def of_thread(session: Session, *, workspace_id: int, channel: str, root_ts: str) -> Ticket | None:
    """Return the ticket of the thread, or of the message that the thread is about."""
    found = in_thread(session, workspace_id=workspace_id, channel=channel, root_ts=root_ts)
    return found or of_message(session, workspace_id=workspace_id, channel=channel, ts=root_ts)


def of_message(session: Session, *, workspace_id: int, channel: str, ts: str) -> Ticket | None:
    """Return the ticket to whose conversation the message belongs."""
    return session.scalars(
        select(Ticket)
        .join(Message, Message.ticket_id == Ticket.id)
        .where(Message.workspace_id == workspace_id, Message.channel == channel, Message.ts == ts)
    ).one_or_none()


def newest_of(session: Session, *, requester_id: int, channel: str) -> Ticket | None:
    """Return the newest ticket of that person in that channel."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.requester_id == requester_id, Ticket.channel == channel)
        .order_by(Ticket.id.desc())
        .limit(1)
    ).one_or_none()


def newest_active(
    session: Session, *, requester_id: int, source: str, since: datetime
) -> Ticket | None:
    """Return the newest open ticket of that person from there in which somebody wrote since."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.requester_id == requester_id,
            Ticket.source == source,
            Ticket.status != Status.RESOLVED,
            Ticket.withdrawn_at.is_(None),
            exists().where(Message.ticket_id == Ticket.id, Message.created_at >= since),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    ).one_or_none()


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


def requests(session: Session, *, ticket: Ticket) -> Sequence[Message]:
    """Return what the requester said at top level, oldest first: what opened it, what joined it."""
    return session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket.id,
            Message.author_id == ticket.requester_id,
            Message.is_joined | (Message.ts == ticket.root_ts),
        )
        .order_by(Message.ts)
    ).all()


def message_of(session: Session, *, ticket_id: int, message_id: int) -> Message | None:
    """Return that message of the ticket."""
    return session.scalars(
        select(Message).where(Message.id == message_id, Message.ticket_id == ticket_id)
    ).one_or_none()


def opened_since(session: Session, *, contact_id: int, since: datetime) -> int:
    """Return how many tickets that person opened, for themselves or somebody else."""
    own = (Ticket.requester_id == contact_id) & Ticket.opened_by_id.is_(None)
    return (
        session.scalar(
            select(func.count())
            .select_from(Ticket)
            .where(own | (Ticket.opened_by_id == contact_id), Ticket.created_at > since)
        )
        or 0
    )


def from_source(
    session: Session, *, workspace_id: int, source: str, external_id: str
) -> Ticket | None:
    """Return the ticket that came from there under that id."""
    return session.scalars(
        select(Ticket).where(
            Ticket.workspace_id == workspace_id,
            Ticket.source == source,
            Ticket.external_id == external_id,
        )
    ).one_or_none()


def message_at(session: Session, *, workspace_id: int, channel: str, ts: str) -> Message | None:
    """Return the message that stands at that place in Slack."""
    return session.scalars(
        select(Message).where(
            Message.workspace_id == workspace_id, Message.channel == channel, Message.ts == ts
        )
    ).one_or_none()


def message(session: Session, *, message_id: int) -> Message:
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


def first_in_channel(session: Session, *, ticket_id: int, channel: str) -> Message:
    """Return the oldest of the ticket's messages that stand in that channel."""
    return session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.channel == channel)
        .order_by(Message.id)
        .limit(1)
    ).one()


def all_messages(session: Session, *, ticket_id: int) -> Sequence[Message]:
    """Return every message of the ticket, notes among them, oldest first."""
    return session.scalars(
        select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id)
    ).all()


def conversation(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the first ``limit`` public messages of the ticket with their authors, oldest first."""
    return session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.visibility == Visibility.PUBLIC)
        .order_by(Message.id)
        .limit(limit)
        .options(joinedload(Message.author))
    ).all()


def opening_message(session: Session, *, ticket_id: int) -> Message | None:
    """Return the message that became the ticket."""
    return session.scalars(
        select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id).limit(1)
    ).one_or_none()


def is_worked_on(session: Session, *, ticket: Ticket) -> bool:
    """Whether an agent has done anything with the ticket: claimed, corrected, answered, noted."""
    if ticket.assignee_id or ticket.category_set_by_id or ticket.is_transferred:
        return True
    words = select(Message.id).where(
        Message.ticket_id == ticket.id,
        or_(Message.role == Role.AGENT, Message.visibility == Visibility.INTERNAL),
    )
    return session.scalar(words.limit(1)) is not None


def requester_has_words(session: Session, *, ticket_id: int) -> bool:
    """Whether anything is left of what the requester wrote."""
    words = select(Message.id).where(
        Message.ticket_id == ticket_id,
        Message.role == Role.REQUESTER,
        Message.deleted_at.is_(None),
    )
    return session.scalar(words.limit(1)) is not None


def has_deletion_since(session: Session, *, ticket_id: int, moment: datetime) -> bool:
    """Whether a message of the ticket was deleted at that moment or later."""
    deleted = select(Message.id).where(Message.ticket_id == ticket_id, Message.deleted_at >= moment)
    return session.scalar(deleted.limit(1)) is not None


def requester_words_after(
    session: Session, *, ticket_id: int, message_id: int
) -> Sequence[Message]:
    """Return what the requester wrote after that message, as far as it stands, oldest first."""
    return session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.id > message_id,
            Message.role == Role.REQUESTER,
            Message.visibility == Visibility.PUBLIC,
            Message.deleted_at.is_(None),
        )
        .order_by(Message.id)
    ).all()


def newest_messages(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the last ``limit`` public messages of the ticket, oldest first."""
    newest = session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.visibility == Visibility.PUBLIC)
        .order_by(Message.id.desc())
        .limit(limit)
    ).all()
    return newest[::-1]


def last_said_in_public(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the last ``limit`` public messages that hold text, with authors, oldest first."""
    newest = session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.visibility == Visibility.PUBLIC,
            Message.deleted_at.is_(None),
            Message.text != "",
        )
        .order_by(Message.id.desc())
        .limit(limit)
        .options(joinedload(Message.author))
    ).all()
    return newest[::-1]


def with_card(session: Session, *, workspace_id: int, channel: str, ts: str) -> Ticket | None:
    """Return the ticket whose card stands at that place."""
    return session.scalars(
        select(Ticket).where(
            Ticket.workspace_id == workspace_id,
            Ticket.card_channel == channel,
            Ticket.card_ts == ts,
        )
    ).one_or_none()


def copied(session: Session, *, ticket_id: int) -> Sequence[Message]:
    """Return the messages of which a copy stands in the thread of the ticket's card."""
    return session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.mirror_ts.is_not(None))
        .order_by(Message.id)
    ).all()


def for_every_agent() -> ColumnElement[bool]:
    """Which tickets may be shown where all agents read: those that are not private."""
    return ~Ticket.private


def listed(
    session: Session,
    *,
    workspace_id: int,
    contact_id: int,
    only_theirs: bool,
    assigned_too: bool,
    with_private: bool,
    statuses: Collection[Status],
    limit: int,
) -> tuple[Sequence[Ticket], int]:
    """Return the newest tickets in those statuses with their requesters, and how many there are.

    ``only_theirs`` are those that the person asked for, ``assigned_too`` those that they work on as
    well. Private tickets of others are there only ``with_private``.
    """
    asked_for = Ticket.requester_id == contact_id
    is_theirs = asked_for | (Ticket.assignee_id == contact_id) if assigned_too else asked_for
    may_see = for_every_agent() | asked_for
    found = session.execute(
        select(Ticket, func.count().over())
        .where(
            Ticket.workspace_id == workspace_id,
            Ticket.withdrawn_at.is_(None),
            Ticket.status.in_(statuses),
            is_theirs if only_theirs else true(),
            true() if with_private else may_see,
        )
        .order_by(Ticket.id.desc())
        .limit(limit)
        .options(joinedload(Ticket.requester))
    ).all()
    return [ticket for ticket, _ in found], found[0][1] if found else 0


def last_public(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the last messages that the requester may read, with their authors, oldest first."""
    newest = session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket_id,
            Message.visibility == Visibility.PUBLIC,
            Message.deleted_at.is_(None),
        )
        .order_by(Message.id.desc())
        .limit(limit)
        .options(joinedload(Message.author))
    ).all()
    return newest[::-1]


def of_requester(session: Session, *, contact_id: int, limit: int) -> Sequence[Ticket]:
    """Return the newest tickets of that person, locked, in the order in which all are locked."""
    newest = (
        select(Ticket.id).where(Ticket.requester_id == contact_id).order_by(Ticket.id.desc())
    ).limit(limit)
    return session.scalars(
        select(Ticket).where(Ticket.id.in_(newest)).order_by(Ticket.id).with_for_update()
    ).all()


def failed_while_model_down(
    session: Session, *, workspace_id: int, most_triages: int, limit: int
) -> Sequence[Ticket]:
    """Return the oldest unresolved tickets whose triage failed as the model was down, locked.

    Those that another transaction works on are left out, and those that were triaged more than
    ``most_triages`` times.
    """
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.workspace_id == workspace_id,
            Ticket.triage_status == TriageStatus.FAILED,
            Ticket.model_was_down,
            Ticket.triage_generation <= most_triages,
            Ticket.status != Status.RESOLVED,
            Ticket.withdrawn_at.is_(None),
        )
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def count_outdated_cards(session: Session, *, workspace_id: int, channel: str) -> int:
    """Return how many cards in that channel are not what they should be."""
    return session.scalars(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.workspace_id == workspace_id,
            Ticket.card_version < Ticket.version,
            Ticket.card_channel == channel,
        )
    ).one()


def with_outdated_card(session: Session, *, workspace_id: int) -> Sequence[Ticket]:
    """Return the tickets whose card is not what it should be and has no job, locked."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.workspace_id == workspace_id,
            Ticket.card_version < Ticket.version,
            ~exists().where(
                Job.ticket_id == Ticket.id,
                Job.kind == "card",
                Job.state.in_([JobState.PENDING, JobState.RUNNING]),
            ),
        )
        .order_by(Ticket.id)
        .with_for_update()
    ).all()
