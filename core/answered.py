"""Whether a ticket is answered: by what the desk sent, or what an agent wrote in the thread."""

from sqlalchemy.orm import Session

from core.announce import changed
from core.audit import Surface, record
from core.facts import SHOWN_REPLIES
from core.jobs import Urgency
from storage.repositories import messages, triage
from storage.tables import Contact, Delivery, Message, Reply, Status, Ticket, utcnow


def answered(ticket: Ticket, agent: Contact) -> None:
    """An answer by that agent stands: whoever gives the first one has claimed the ticket."""
    if ticket.assignee_id is None:
        ticket.assignee_id = agent.id
    if ticket.status is not Status.RESOLVED:
        ticket.status = Status.WAITING


def answered_in_thread(session: Session, ticket: Ticket, agent: Contact, message: Message) -> None:
    """Take what an agent wrote in the requester's thread as the answer that it is.

    It stands there already; the draft is retired, and whoever approves it is told.
    """
    if ticket.withdrawn_at is not None:
        return
    now = utcnow()
    reply = Reply(
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        message_id=message.id,
        text=message.text,
        approved_by_id=agent.id,
        approved_at=now,
        delivery=Delivery.SENT,
        sent_at=now,
        is_own_message=True,
    )
    session.add(reply)
    session.flush()  # which gives it its number
    ticket.first_response_at = ticket.first_response_at or now
    answered(ticket, agent)
    record(session, ticket, "answered", actor=agent, surface=Surface.MESSAGE, reply_id=reply.id)
    changed(session, ticket, receipt=True)


def own_message_edited(session: Session, message: Message) -> None:
    """Let the reply say what the agent's message in the thread says now, if it was one."""
    reply = triage.reply_of_message(session, message_id=message.id)
    if reply is not None and reply.is_own_message:
        reply.text = message.text


def of_message_deleted(session: Session, ticket: Ticket, message: Message) -> bool:
    """Take note that a reply's message was deleted in Slack; say whether it was one.

    An agent's own words are blanked with it. What the desk sent stays on record.
    """
    reply = triage.reply_of_message(session, message_id=message.id)
    if reply is None:
        return False
    if reply.is_own_message:
        reply.text = ""
    if reply.taken_back_at is None:
        reply.taken_back_at = utcnow()
        reply.taken_back_by_id = reply.approved_by_id if reply.is_own_message else None
        unanswered(session, ticket)
    changed(session, ticket, urgency=Urgency.UPDATE, receipt=True)
    return True


def unanswered(session: Session, ticket: Ticket) -> None:
    """An answer is gone: the ticket is open again, unless another one stands."""
    session.flush()
    last = triage.last_replies(session, ticket_id=ticket.id, limit=SHOWN_REPLIES)
    stands = next((each for each in last if each.taken_back_at is None), None)
    asked = messages.last_of_requester(session, ticket_id=ticket.id)
    is_answered = stands is not None and (asked is None or asked.id < stands.message_id)
    if ticket.status is Status.WAITING and not is_answered:
        ticket.status = Status.OPEN


def has_asked(session: Session, ticket: Ticket) -> bool:
    """Whether the last answer was a clarifying question, so that what comes now answers it."""
    last = triage.last_replies(session, ticket_id=ticket.id, limit=SHOWN_REPLIES)
    stands = next((each for each in last if each.taken_back_at is None), None)
    return bool(stands and stands.result and stands.result.question)
