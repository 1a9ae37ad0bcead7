"""An answer that should not have been sent: taken back, in Slack too, and the requester is told."""

from humanize import naturaltime
from sqlalchemy.orm import Session

from core import answered, contacts, delivery, rights
from core.announce import changed
from core.audit import Surface, record
from core.caller import By
from core.errors import NothingToDo
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue, hasten
from storage.repositories import triage
from storage.tables import Message, Reply, Ticket, utcnow


def take_back(
    session: Session, *, installation: Installation, number: int, reply_id: int, by: By
) -> Reply:
    """Take back that very answer: what was not sent yet never is, what was sent is deleted.

    The conversation forgets it; the reply keeps its text, for agents to read.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it was taken back before, or the bot did not send it.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    reply = triage.reply(session, reply_id=reply_id)
    if reply is None or reply.ticket_id != ticket.id or reply.is_own_message:
        raise NothingToDo(
            "The bot can take back only what it sent itself. Who wrote in the thread can delete "
            "that message there."
        )
    if reply.taken_back_at is not None:
        taker, when = reply.taken_back_by, naturaltime(reply.taken_back_at)
        raise NothingToDo(
            f"{contacts.name_of(taker)} took this answer back {when}."
            if taker is not None
            else f"This answer was deleted in Slack {when}."
        )
    reply.taken_back_at, reply.taken_back_by_id = utcnow(), agent.id
    message = session.get_one(Message, reply.message_id)
    message.text, message.deleted_at = "", reply.taken_back_at
    answered.unanswered(session, ticket)
    _undo(session, ticket, reply)
    record(session, ticket, "taken_back", actor=agent, surface=Surface.BUTTON, reply_id=reply_id)
    changed(session, ticket, receipt=True)
    return reply


def _undo(session: Session, ticket: Ticket, reply: Reply) -> None:
    """Behind the delivery in its lane: whatever that one still does is known by then."""
    lane = f"reply:{ticket.id}"
    hasten(session, lane=lane, kind=Kind.REPLY, at=utcnow(), urgency=Urgency.CLICK)
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.TAKE_BACK,
        dedupe_key=f"take_back:{reply.id}",
        urgency=Urgency.CLICK,
        ticket=ticket,
        lane=lane,
        pace=f"post:{ticket.channel}" if ticket.channel else None,
        payload={"reply_id": reply.id, "sent_under": delivery.message_key(reply)},
    )


def place_of(session: Session, *, reply_id: int) -> tuple[str | None, str | None]:
    """Return where the answer was delivered: channel and ts, or None twice."""
    reply = triage.reply(session, reply_id=reply_id)
    if reply is None:
        raise RuntimeError(f"reply {reply_id} is gone")
    message = session.get_one(Message, reply.message_id)
    return message.channel, message.ts


def undone(
    session: Session, *, installation: Installation, reply_id: int, problem: str | None = None
) -> None:
    """Note that the requester no longer sees the answer, or what prevents that."""
    ticket, reply = delivery.of_job(session, installation, reply_id)
    reply.delivery_error = problem
    changed(session, ticket)
