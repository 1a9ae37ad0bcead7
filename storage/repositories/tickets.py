"""Questions about tickets and their conversation."""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from storage.tables import Job, JobState, Message, Status, Ticket, TriageStatus


def by_number(session: Session, *, workspace_id: int, number: int) -> Ticket | None:
    """Return the ticket with its people, for showing."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.workspace_id == workspace_id, Ticket.id == number)
        .options(
            joinedload(Ticket.requester),
            joinedload(Ticket.assignee),
            joinedload(Ticket.resolved_by),
            joinedload(Ticket.withdrawn_by),
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
    """Return the ticket of the thread."""
    return session.scalars(
        select(Ticket).where(
            Ticket.workspace_id == workspace_id,
            Ticket.channel == channel,
            Ticket.root_ts == root_ts,
        )
    ).one_or_none()


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


def conversation(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the first ``limit`` messages of the ticket with their authors, oldest first."""
    return session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id)
        .order_by(Message.id)
        .limit(limit)
        .options(joinedload(Message.author))
    ).all()


def opening_message(session: Session, *, ticket_id: int) -> Message | None:
    """Return the message that became the ticket."""
    return session.scalars(
        select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id).limit(1)
    ).one_or_none()


def newest_messages(session: Session, *, ticket_id: int, limit: int) -> Sequence[Message]:
    """Return the last ``limit`` messages of the ticket, oldest first."""
    newest = session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id)
        .order_by(Message.id.desc())
        .limit(limit)
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
