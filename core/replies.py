"""Answers to requesters: approved by a person, sent once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy.orm import Session

from core import contacts, rights
from core.announce import changed
from core.audit import Surface, record
from core.course import Course, course_of
from core.errors import AlreadyAnswered, DraftReplaced, NothingToDo, Refusal, UnknownTicket
from core.facts import SHOWN_REPLIES, read_at, why_not_sendable
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.rights import locked
from core.text import clean
from core.tickets import refuse_set_aside
from storage.repositories import messages, tickets, triage
from storage.tables import (
    Contact,
    Delivery,
    Message,
    Reply,
    Result,
    Role,
    Status,
    Ticket,
    Visibility,
    utcnow,
)
from storage.upsert import insert_if_absent

# What a text field of a form in Slack takes.
REPLY_LIMIT = 3_000


@dataclass(frozen=True)
class Seen:
    """How far an agent has read: up to that message, and to the edit of that moment."""

    message_id: int = 0
    edited_at: datetime | None = None


@dataclass(frozen=True)
class Draft:
    """A draft before it is sent, with what the requester wrote after it was made."""

    ticket: Ticket
    result: Result
    news: Sequence[Message]

    @property
    def seen(self) -> Seen:
        """How far whoever is shown this has read."""
        edits = [each.edited_at for each in self.news if each.edited_at is not None]
        return Seen(max((each.id for each in self.news), default=0), max(edits, default=None))


class EmptyReply(Refusal):
    """There is nothing to send."""

    field = "text"


def approve(
    session: Session,
    *,
    installation: Installation,
    number: int,
    result_id: int,
    user_id: str,
    text: str | None = None,
    seen: Seen | None = None,
    form_key: str | None = None,
) -> Reply | Draft:
    """Send the draft of that very result, or the agent's edit of it.

    Not if the requester wrote what neither the draft nor the agent knows: then that is returned, to
    be shown first. ``seen`` is how far the agent has read. The first approval wins;
    ``form_key`` lets a form that arrives twice find its own reply.

    Raises:
        NotAnAgent, UnknownTicket, EmptyReply: see there.
        AlreadyAnswered: the draft was sent before.
        DraftReplaced: it is not the one that stands, or the ticket moved on.
    """
    ticket, agent = rights.for_agent(
        session, installation=installation, number=number, user_id=user_id
    )
    earlier = triage.reply_to_result(session, result_id=result_id)
    if earlier is not None and form_key is not None and earlier.form_key == form_key:
        return earlier
    result = _sendable(session, ticket, result_id, earlier)
    final = result.reply_draft if text is None else _worth_sending(text)
    if news := news_since(session, result, seen=seen or Seen()):
        return Draft(_shown(session, ticket), result, news)
    reply = _send(session, ticket, agent, final, result=result, form_key=form_key)
    record(
        session,
        ticket,
        "approved",
        actor=agent,
        surface=Surface.BUTTON if text is None else Surface.FORM,
        result_id=result_id,
        edited=final != result.reply_draft,
    )
    return reply


def _sendable(session: Session, ticket: Ticket, result_id: int, earlier: Reply | None) -> Result:
    """Return the result whose draft was chosen, if it is still the one to send."""
    if earlier is not None:
        by = contacts.name_of(earlier.approved_by)
        raise AlreadyAnswered(number=ticket.id, by=by, when=earlier.approved_at)
    result = triage.current_result(session, ticket_id=ticket.id)
    if result is None or result.id != result_id:
        raise DraftReplaced(number=ticket.id, why="the draft was replaced by a newer one")
    newest = triage.last_replies(session, ticket_id=ticket.id, limit=SHOWN_REPLIES)
    if why := why_not_sendable(ticket, result, newest):
        raise DraftReplaced(number=ticket.id, why=why)
    return result


def news_since(session: Session, result: Result, *, seen: Seen) -> Sequence[Message]:
    """Return what the requester wrote or changed after the draft was made and the agent looked."""
    made = read_at(session, result)
    return messages.requester_words_after(
        session,
        ticket_id=result.ticket_id,
        message_id=max(result.read_message_id or 0, seen.message_id),
        edited_after=max(made, seen.edited_at or made),
    )


def _shown(session: Session, ticket: Ticket) -> Ticket:
    """Return the ticket with its people, for showing."""
    return tickets.by_number(session, workspace_id=ticket.workspace_id, number=ticket.id) or ticket


def to_edit(
    session: Session, *, installation: Installation, number: int, result_id: int, user_id: str
) -> Draft:
    """Return the draft that an agent wants to change, and what is newer than it, if anything.

    Raises:
        NotAnAgent, UnknownTicket, AlreadyAnswered, DraftReplaced: see there.
    """
    ticket, _ = rights.for_agent(session, installation=installation, number=number, user_id=user_id)
    earlier = triage.reply_to_result(session, result_id=result_id)
    result = _sendable(session, ticket, result_id, earlier)
    return Draft(_shown(session, ticket), result, news_since(session, result, seen=Seen()))


def to_write(session: Session, *, installation: Installation, number: int, user_id: str) -> Ticket:
    """Return the ticket that an agent wants to answer by hand.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: the ticket was set aside.
    """
    ticket, _ = rights.for_agent(session, installation=installation, number=number, user_id=user_id)
    refuse_set_aside(ticket)
    return ticket


def answer(
    session: Session,
    *,
    installation: Installation,
    number: int,
    user_id: str,
    text: str,
    form_key: str,
) -> Reply:
    """Send what an agent wrote by hand. A form that arrives twice is one reply.

    Raises:
        NotAnAgent, UnknownTicket, EmptyReply: see there.
        NothingToDo: the ticket was set aside.
    """
    ticket, agent = rights.for_agent(
        session, installation=installation, number=number, user_id=user_id
    )
    earlier = triage.reply_of_form(
        session, workspace_id=installation.workspace_id, form_key=form_key
    )
    if earlier is not None:
        return earlier
    refuse_set_aside(ticket)
    reply = _send(session, ticket, agent, _worth_sending(text), result=None, form_key=form_key)
    record(session, ticket, "answered", actor=agent, surface=Surface.FORM)
    return reply


def _worth_sending(text: str) -> str:
    final = clean(text, REPLY_LIMIT)
    if not final:
        raise EmptyReply("There is no text to send. Write the answer first.")
    return final


def _send(
    session: Session,
    ticket: Ticket,
    agent: Contact,
    text: str,
    *,
    result: Result | None,
    form_key: str | None,
) -> Reply:
    message = Message(
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        author_id=agent.id,
        role=Role.AGENT,
        visibility=Visibility.PUBLIC,
        text=text,
        ticket_status=ticket.status,
    )
    session.add(message)
    session.flush()
    reply = insert_if_absent(
        session,
        Reply,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        result_id=result.id if result is not None else None,
        message_id=message.id,
        form_key=form_key,
        text=text,
        approved_by_id=agent.id,
    )
    if reply is None:
        raise RuntimeError("two replies for one draft, although its ticket was locked")
    _answered(ticket, agent)
    _deliver(session, ticket, reply)
    changed(session, ticket, receipt=True)
    return reply


def answered_in_thread(session: Session, ticket: Ticket, agent: Contact, message: Message) -> None:
    """Take what an agent wrote in the requester's thread as the answer that it is.

    It stands there already; the draft is retired, and whoever approves it is told.
    """
    if ticket.withdrawn_at is not None:
        return
    now = utcnow()
    session.add(
        Reply(
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
    )
    ticket.first_response_at = ticket.first_response_at or now
    _answered(ticket, agent)
    record(session, ticket, "answered", actor=agent, surface=Surface.MESSAGE)
    changed(session, ticket, receipt=True)


def _answered(ticket: Ticket, agent: Contact) -> None:
    if ticket.assignee_id is None:
        ticket.assignee_id = agent.id
    if ticket.status is not Status.RESOLVED:
        ticket.status = Status.WAITING


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


def _deliver(session: Session, ticket: Ticket, reply: Reply) -> None:
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
    session: Session, *, installation: Installation, number: int, reply_id: int, user_id: str
) -> Reply:
    """Try to deliver a reply once more that could not be delivered.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it was delivered, is on its way, or was taken back.
    """
    ticket, agent = rights.for_agent(
        session, installation=installation, number=number, user_id=user_id
    )
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
    _deliver(session, ticket, reply)
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
