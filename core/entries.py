"""What other systems add to the conversation of a ticket."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.orm import Session

from core import conversation, replies, rights
from core.audit import Surface, record
from core.caller import Caller
from core.errors import Refusal
from core.installation import Installation
from core.replies import REPLY_LIMIT
from core.text import clean
from core.tickets import refuse_set_aside
from storage.tables import Contact, Message, Role, Ticket, Visibility


class WrongVisibility(Refusal):
    """Whoever speaks cannot be heard by those alone."""

    field = "visibility"


class WrongRole(Refusal):
    """Nobody else may speak in that role."""

    field = "role"


class UnusableText(Refusal):
    """There is nothing to add, or more than an answer can hold."""

    field = "text"


@dataclass(frozen=True)
class Entry:
    """Something that was said, who said it, and who may read it."""

    role: Role
    visibility: Visibility
    text: str


def add(
    session: Session, *, installation: Installation, number: int, by: Caller, entry: Entry
) -> Message:
    """Add it to the ticket, with all that would follow if it had been said in Slack.

    The requester's words take the ticket up again; an agent's public words are an answer, which
    goes out to the requester; a participant's have no effect; what is internal is a note.

    Raises:
        NotAnAgent, UnknownTicket, WrongVisibility, WrongRole, UnusableText: see there.
        NothingToDo: the ticket was set aside.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    text = clean(entry.text)
    if not text:
        raise UnusableText("There is no text to add.")
    if entry.role is Role.BOT:
        raise WrongRole("The bot speaks for itself. A bot of yours is a participant.")
    is_public = entry.visibility is Visibility.PUBLIC
    if entry.role is Role.REQUESTER and not is_public:
        raise WrongVisibility("What the requester says is public. A note is an agent's.")
    if entry.role is Role.AGENT and is_public:
        if len(text) > REPLY_LIMIT:  # what goes out is what was sent, and no part of it
            raise UnusableText(f"An answer has at most {REPLY_LIMIT} characters.")
        return _answered(session, installation, number, by, text)
    refuse_set_aside(ticket)
    author = session.get_one(Contact, ticket.requester_id)
    if entry.role is not Role.REQUESTER:
        author = agent
    message = _written(session, ticket, author, entry, text)
    record(
        session,
        ticket,
        "added" if is_public else "noted",
        actor=agent,
        surface=Surface.API,
        message_id=message.id,
        role=entry.role,
    )
    conversation.follow(session, ticket=ticket, author=author, message=message)
    return message


def _answered(
    session: Session, installation: Installation, number: int, by: Caller, text: str
) -> Message:
    reply = replies.answer(
        session,
        installation=installation,
        number=number,
        by=by,
        text=text,
        form_key=f"api:{uuid4().hex}",
        surface=Surface.API,
    )
    return session.get_one(Message, reply.message_id)


def _written(session: Session, ticket: Ticket, author: Contact, entry: Entry, text: str) -> Message:
    message = Message(
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        author_id=author.id,
        role=entry.role,
        visibility=entry.visibility,
        text=text,
        ticket_status=ticket.status,
    )
    session.add(message)
    session.flush()
    return message
