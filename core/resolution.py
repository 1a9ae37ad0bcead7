"""That a ticket was resolved is told to its requester, once for each time."""

from sqlalchemy.orm import Session

from core.course import Course, course_of, is_in_slack
from core.errors import UnknownTicket
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.rights import locked
from storage.repositories import tickets
from storage.tables import Message, Role, Status, Ticket, Visibility
from storage.upsert import put_if_absent


def telling_due(session: Session, ticket: Ticket) -> None:
    """Have the requester told in Slack, after what was sent before. The ticket is locked."""
    if not is_in_slack(session, ticket):
        return
    resolved_at = ticket.resolved_at.isoformat() if ticket.resolved_at else ""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.RESOLUTION,
        dedupe_key=f"resolution:{ticket.id}:{resolved_at}",
        urgency=Urgency.REPLY,
        ticket=ticket,
        lane=f"reply:{ticket.id}",
        pace=f"post:{ticket.channel}" if ticket.channel else None,
        payload={"resolved_at": resolved_at},
    )


def to_tell(
    session: Session, *, installation: Installation, number: int, resolved_at: str
) -> Course | None:
    """Return where to tell it, or None if the ticket is not as it was resolved then."""
    ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    if ticket.resolved_at is None or ticket.resolved_at.isoformat() != resolved_at:
        return None
    return course_of(session, ticket)


def told(
    session: Session, *, installation: Installation, number: int, channel: str, ts: str
) -> None:
    """Note where it stands if that is not the ticket's thread: answers below it belong to it."""
    ticket = locked(session, installation=installation, number=number)
    if channel == ticket.channel:
        return
    put_if_absent(
        session,
        Message,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        role=Role.BOT,
        visibility=Visibility.PUBLIC,
        text="Resolved",
        ticket_status=Status.RESOLVED,
        channel=channel,
        ts=ts,
    )
