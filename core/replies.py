"""Answers to requesters: drafts that a person approved, and what agents write by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core import contacts, rights
from core.announce import changed
from core.answered import answered
from core.audit import Surface, record
from core.caller import By, Caller
from core.delivery import deliver
from core.errors import AlreadyAnswered, DraftReplaced, Refusal
from core.facts import SHOWN_REPLIES, read_at, why_not_sendable
from core.installation import Installation
from core.text import clean
from core.tickets import refuse_set_aside
from storage.repositories import messages, tickets, triage
from storage.tables import (
    Contact,
    Message,
    Reply,
    Result,
    Role,
    Ticket,
    Visibility,
)
from storage.upsert import insert_if_absent

# What a text field of a form in Slack takes.
REPLY_LIMIT = 3_000
# So many answers back are colleagues' looked for.
ANSWERS_READ = 10


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


@dataclass(frozen=True)
class Writing:
    """A ticket that an agent answers by hand, with what colleagues answered since they began.

    The newest stands first. ``seen`` is the number of the newest answer that they know with this.
    """

    ticket: Ticket
    seen: int
    news: Sequence[Reply] = ()


class EmptyReply(Refusal):
    """There is nothing to send."""

    field = "text"


class MadeUp(Refusal):
    """Nobody has read what was not written yet."""

    field = "seen"


def approve(
    session: Session,
    *,
    installation: Installation,
    number: int,
    result_id: int,
    by: By,
    text: str | None = None,
    seen: Seen | None = None,
    form_key: str | None = None,
    surface: Surface | None = None,
) -> Reply | Draft:
    """Send the draft of that very result, or the agent's edit of it.

    Not if the requester wrote what neither the draft nor the agent knows: then that is returned, to
    be shown first. ``seen`` is how far the agent has read. The first approval wins;
    ``form_key`` lets a form that arrives twice find its own reply.

    Raises:
        NotAnAgent, UnknownTicket, EmptyReply: see there.
        AlreadyAnswered: the draft was sent before.
        DraftReplaced: it is not the one that stands, or the ticket moved on.
        MadeUp: ``seen`` lies beyond all that was written.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    earlier = triage.reply_to_result(session, ticket_id=ticket.id, result_id=result_id)
    if earlier is not None and form_key is not None and earlier.form_key == form_key:
        return earlier
    result = _sendable(session, ticket, result_id, earlier)
    final = result.reply_draft if text is None else _worth_sending(text)
    if seen is not None and isinstance(by, Caller):  # a form carries what it has shown
        _refuse_made_up(session, ticket, seen)
    if news := news_since(session, result, seen=seen or Seen()):
        return Draft(_shown(session, ticket), result, news)
    reply = _send(session, ticket, agent, final, result=result, form_key=form_key)
    record(
        session,
        ticket,
        "approved",
        actor=agent,
        surface=surface or (Surface.BUTTON if text is None else Surface.FORM),
        result_id=result_id,
        reply_id=reply.id,
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


def _refuse_made_up(session: Session, ticket: Ticket, seen: Seen) -> None:
    """Refuse what would skip messages and edits that are still to come."""
    newest, edited_at = messages.newest(session, ticket_id=ticket.id)
    if seen.message_id > newest:
        raise MadeUp(
            f"seen.message_id is beyond {newest}, the newest message of ticket #{ticket.id}. "
            "Send the number of the last one that was read."
        )
    if seen.edited_at is not None and (edited_at is None or seen.edited_at > edited_at):
        last = f"was on {edited_at.isoformat()}" if edited_at is not None else "is still to come"
        raise MadeUp(
            f"seen.edited_at is beyond the last edit in ticket #{ticket.id}, which {last}. Send "
            "the edited_at of the last edit that was read, or none."
        )


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
    session: Session, *, installation: Installation, number: int, result_id: int, by: By
) -> Draft:
    """Return the draft that an agent wants to change, and what is newer than it, if anything.

    Raises:
        NotAnAgent, UnknownTicket, AlreadyAnswered, DraftReplaced: see there.
    """
    ticket, _ = rights.for_agent(session, installation=installation, number=number, by=by)
    earlier = triage.reply_to_result(session, ticket_id=ticket.id, result_id=result_id)
    result = _sendable(session, ticket, result_id, earlier)
    return Draft(_shown(session, ticket), result, news_since(session, result, seen=Seen()))


def to_write(
    session: Session, *, installation: Installation, number: int, by: By, seen: int
) -> Writing:
    """Return the ticket that an agent wants to answer by hand.

    ``seen`` is the number of the newest answer on the card that they look at, 0 without one.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: the ticket was set aside.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    refuse_set_aside(ticket)
    return _writing(session, ticket, agent, seen)


def _writing(session: Session, ticket: Ticket, agent: Contact, seen: int) -> Writing:
    newest = triage.last_replies(session, ticket_id=ticket.id, limit=ANSWERS_READ)
    news = [
        each
        for each in newest
        if each.message_id > seen and each.approved_by_id != agent.id and each.taken_back_at is None
    ]
    return Writing(ticket, max((each.message_id for each in news), default=seen), news)


def answer_unless_answered(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    text: str,
    form_key: str,
    seen: int,
) -> Reply | Writing:
    """Send what an agent wrote by hand, unless a colleague answered after message ``seen``.

    Then that is returned, to be shown first. A form that arrives twice is one reply.

    Raises:
        NotAnAgent, UnknownTicket, EmptyReply, NothingToDo: see ``answer``.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    sent = triage.reply_of_form(session, workspace_id=ticket.workspace_id, form_key=form_key)
    if sent is None:
        refuse_set_aside(ticket)
        _worth_sending(text)
        writing = _writing(session, ticket, agent, seen)
        if writing.news:
            return writing
    return answer(
        session, installation=installation, number=number, by=by, text=text, form_key=form_key
    )


def answer(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    text: str,
    form_key: str,
    surface: Surface = Surface.FORM,
) -> Reply:
    """Send what an agent wrote by hand. A form that arrives twice is one reply.

    Raises:
        NotAnAgent, UnknownTicket, EmptyReply: see there.
        NothingToDo: the ticket was set aside.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    earlier = triage.reply_of_form(
        session, workspace_id=installation.workspace_id, form_key=form_key
    )
    if earlier is not None:
        return earlier
    refuse_set_aside(ticket)
    reply = _send(session, ticket, agent, _worth_sending(text), result=None, form_key=form_key)
    record(session, ticket, "answered", actor=agent, surface=surface, reply_id=reply.id)
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
    answered(ticket, agent)
    deliver(session, ticket, reply)
    changed(session, ticket, receipt=True)
    return reply
