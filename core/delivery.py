"""Replies on their way to the requester: each is delivered once, or the card says why not."""

from hashlib import blake2b

from sqlalchemy.orm import Session

from core import rights
from core.announce import changed
from core.audit import Surface, record
from core.caller import By
from core.course import Course, course_of, is_in_slack
from core.errors import NothingToDo, UnknownTicket
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.rights import locked
from storage.repositories import messages, tickets, triage
from storage.tables import Delivery, Message, Reply, Status, Ticket, utcnow


def deliver(session: Session, ticket: Ticket, reply: Reply) -> None:
    """Have the reply delivered; without a way there in Slack it is ready to be fetched."""
    if not is_in_slack(session, ticket):
        reply.delivery = Delivery.READY
        ticket.first_response_at = ticket.first_response_at or reply.approved_at
        return
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.REPLY,
        dedupe_key=f"reply:{reply.id}:{reply.delivery_generation}",
        urgency=Urgency.REPLY,
        ticket=ticket,
        lane=f"reply:{ticket.id}",
        pace=f"post:{ticket.channel}" if ticket.channel else None,
        payload={"reply_id": reply.id},
        message_key=message_key(reply),
    )


def message_key(reply: Reply) -> str:
    """The same mark for every delivery of a reply, so that a later one finds an earlier one's."""
    return blake2b(f"{reply.id} {reply.approved_at}".encode(), digest_size=16).hexdigest()


def deliver_again(
    session: Session, *, installation: Installation, number: int, reply_id: int, by: By
) -> Reply:
    """Try to deliver a reply once more that could not be delivered.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it was delivered, is on its way, or was taken back.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    reply = triage.reply(session, reply_id=reply_id)
    if reply is None or reply.ticket_id != ticket.id or reply.delivery is not Delivery.FAILED:
        raise NothingToDo("This answer was delivered, or is on its way.")
    if reply.taken_back_at is not None:
        raise NothingToDo("This answer was taken back. Write a new one.")
    reply.delivery, reply.delivery_error = Delivery.QUEUED, None
    reply.delivery_generation += 1
    record(
        session, ticket, "delivery_retried", actor=agent, surface=Surface.BUTTON, reply_id=reply_id
    )
    if ticket.status is Status.OPEN:
        ticket.status = Status.WAITING
    deliver(session, ticket, reply)
    changed(session, ticket, receipt=True)
    return reply


def delivered(
    session: Session,
    *,
    installation: Installation,
    reply_id: int,
    channel: str,
    ts: str,
    detour: str | None = None,
) -> None:
    """Note that the reply stands in Slack, and why by direct message if it does not in its thread.

    What is written below it belongs to the ticket, wherever it stands.
    """
    ticket, reply = of_job(session, installation, reply_id)
    reply.delivery, reply.sent_at, reply.delivery_error = Delivery.SENT, utcnow(), None
    reply.detour = detour
    message = session.get_one(Message, reply.message_id)
    message.channel, message.ts = channel, ts
    ticket.first_response_at = ticket.first_response_at or reply.sent_at
    changed(session, ticket)


def undelivered(
    session: Session, *, installation: Installation, reply_id: int, reason: str
) -> None:
    """Note that the reply could not be delivered, for the card to say so."""
    ticket, reply = of_job(session, installation, reply_id)
    reply.delivery, reply.delivery_error = Delivery.FAILED, reason
    if ticket.status is Status.WAITING:
        ticket.status = Status.OPEN  # nobody has answered the requester
    changed(session, ticket, receipt=True)


def of_job(session: Session, installation: Installation, reply_id: int) -> tuple[Ticket, Reply]:
    """Return the reply of a job with its ticket, locked."""
    reply = triage.reply(session, reply_id=reply_id)
    if reply is None:
        raise RuntimeError(f"reply {reply_id} is gone")
    return locked(session, installation=installation, number=reply.ticket_id), reply


def to_deliver(
    session: Session, *, installation: Installation, reply_id: int
) -> tuple[Course, Reply, str]:
    """Return the reply of a delivery job, where it goes, and what was asked, for reading."""
    reply = triage.reply(session, reply_id=reply_id)
    if reply is None:
        raise RuntimeError(f"reply {reply_id} is gone")
    ticket = tickets.by_number(
        session, workspace_id=installation.workspace_id, number=reply.ticket_id
    )
    if ticket is None:
        raise UnknownTicket(reply.ticket_id)
    opening = messages.opening(session, ticket_id=ticket.id)
    asked = opening.text if opening is not None else ""
    return course_of(session, ticket), reply, asked
