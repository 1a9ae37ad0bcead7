"""Tickets: opened, claimed, corrected, resolved, set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from core import contacts
from core.announce import card_due, changed, receipt_due
from core.audit import Surface, record
from core.errors import NothingToDo, UnknownTicket
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.text import clean, one_line
from storage.repositories import tickets, triage
from storage.tables import (
    Contact,
    Message,
    Reply,
    Result,
    Role,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
    Visibility,
    utcnow,
)
from storage.upsert import insert_if_absent


class Source(StrEnum):
    """How a ticket came in."""

    MESSAGE = "message"
    COMMAND = "command"
    FORM = "form"
    SHORTCUT = "shortcut"


_SURFACE = {
    Source.MESSAGE: Surface.MESSAGE,
    Source.COMMAND: Surface.COMMAND,
    Source.FORM: Surface.FORM,
    Source.SHORTCUT: Surface.SHORTCUT,
}


@dataclass(frozen=True)
class Request:
    """What came in, as it came in.

    ``channel`` and ``root_ts`` are the thread to answer in, ``ts`` the message itself; all three
    are None for what has no place in Slack, which must then have an ``external_id``. ``actor`` is
    who triggered it where that is not the requester; both are Slack user ids.
    """

    source: Source
    requester: str
    text: str
    title: str | None = None
    channel: str | None = None
    root_ts: str | None = None
    ts: str | None = None
    files: Sequence[dict[str, Any]] = ()
    external_id: str | None = None
    priority: TicketPriority | None = None
    email: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class Opened:
    """The ticket of a request; ``is_new`` is false when it was there already."""

    ticket: Ticket
    is_new: bool


def open_ticket(
    session: Session, *, installation: Installation, request: Request, card_delay: timedelta
) -> Opened:
    """Open the ticket of a request, or find the one that it opened before.

    Commits to three things: a triage, the requester's receipt and the card, which waits
    ``card_delay`` for the triage.

    Raises:
        UnusableEmail: the email is none, or somebody else's.
    """
    requester = contacts.known(session, installation=installation, user_id=request.requester)
    actor = (
        contacts.known(session, installation=installation, user_id=request.actor)
        if request.actor
        else requester
    )
    if request.email:
        contacts.set_email(session, requester, request.email)
    text = clean(request.text)
    shown = _shown_by_card(session, installation, request)
    if shown is not None:
        return Opened(shown, is_new=False)
    ticket = insert_if_absent(
        session,
        Ticket,
        workspace_id=installation.workspace_id,
        title=_title(request, text),
        raw_text=text,
        source=request.source,
        external_id=request.external_id,
        requester_id=requester.id,
        channel=request.channel,
        root_ts=request.root_ts,
        card_channel=installation.triage_channel,
        priority=request.priority or TicketPriority.NORMAL,
        priority_set_by_id=actor.id if request.priority else None,
    )
    if ticket is None:
        return Opened(_existing(session, installation, request), is_new=False)
    _first_message(session, ticket, request, requester, text)
    record(session, ticket, "opened", actor=actor, surface=_SURFACE[request.source])
    receipt_due(session, ticket, urgency=Urgency.RECEIPT)
    card_due(session, ticket, urgency=Urgency.CARD, delay=card_delay)
    if request.source is Source.SHORTCUT:
        backfill_due(session, ticket)
    else:
        triage_due(session, ticket)
    return Opened(ticket, is_new=True)


def _title(request: Request, text: str) -> str:
    if title := one_line(request.title or ""):
        return title
    first_line = one_line(next((line for line in text.splitlines() if line.strip()), ""))
    if first_line:
        return first_line
    names = ", ".join(str(file.get("name", "a file")) for file in request.files)
    return one_line(f"Request without text: {names}" if names else "Request without text")


def _shown_by_card(
    session: Session, installation: Installation, request: Request
) -> Ticket | None:
    """The ticket whose card, or the thread below it, was asked to become one."""
    if request.channel != installation.triage_channel or request.root_ts is None:
        return None
    return tickets.with_card(
        session,
        workspace_id=installation.workspace_id,
        channel=request.channel,
        ts=request.root_ts,
    )


def _existing(session: Session, installation: Installation, request: Request) -> Ticket:
    found = None
    if request.channel and request.root_ts:
        found = tickets.in_thread(
            session,
            workspace_id=installation.workspace_id,
            channel=request.channel,
            root_ts=request.root_ts,
        )
    if found is None and request.external_id:
        found = tickets.from_source(
            session,
            workspace_id=installation.workspace_id,
            source=request.source,
            external_id=request.external_id,
        )
    if found is None:
        raise RuntimeError("a ticket was refused as a duplicate, but there is no such ticket")
    return found


def _first_message(
    session: Session, ticket: Ticket, request: Request, requester: Contact, text: str
) -> None:
    # Another ticket's conversation may hold this very message already: it stays there.
    insert_if_absent(
        session,
        Message,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        author_id=requester.id,
        role=Role.REQUESTER,
        visibility=Visibility.PUBLIC,
        text=text,
        files=list(request.files),
        ticket_status=Status.NEW,
        channel=request.channel if request.ts else None,
        ts=request.ts,
    )


def triage_due(session: Session, ticket: Ticket, *, urgency: Urgency = Urgency.CARD) -> None:
    """Have the ticket triaged anew; what an earlier triage may still bring no longer counts."""
    ticket.triage_generation += 1
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.TRIAGE,
        dedupe_key=f"triage:{ticket.id}:{ticket.triage_generation}",
        urgency=urgency,
        ticket=ticket,
        lane=f"triage:{ticket.id}",
        payload={"generation": ticket.triage_generation},
    )


def backfill_due(session: Session, ticket: Ticket) -> None:
    """Have the thread fetched that a shortcut did not carry; the triage comes after it."""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.BACKFILL,
        dedupe_key=f"backfill:{ticket.id}",
        urgency=Urgency.RECEIPT,
        ticket=ticket,
        lane=f"triage:{ticket.id}",
    )


def claim(session: Session, *, installation: Installation, number: int, user_id: str) -> Ticket:
    """Make the agent the ticket's assignee.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it is the agent's already, resolved, or set aside.
    """
    agent = contacts.agent(session, installation=installation, user_id=user_id)
    ticket = locked(session, installation=installation, number=number)
    refuse_set_aside(ticket)
    if ticket.assignee_id == agent.id:
        raise NothingToDo(f"Ticket #{number} is yours already.")
    if ticket.status is Status.RESOLVED:
        raise NothingToDo(f"Ticket #{number} is resolved. Reopen it to work on it.")
    ticket.assignee_id = agent.id
    if ticket.status is Status.NEW:
        ticket.status = Status.OPEN
    record(session, ticket, "claimed", actor=agent, surface=Surface.BUTTON)
    changed(session, ticket, receipt=True)
    return ticket


def correct(
    session: Session,
    *,
    installation: Installation,
    number: int,
    user_id: str,
    category: str | None = None,
    priority: TicketPriority | None = None,
) -> Ticket:
    """Set what an agent knows better; a later triage leaves it as it is.

    Raises:
        NotAnAgent, UnknownTicket: see there.
    """
    agent = contacts.agent(session, installation=installation, user_id=user_id)
    ticket = locked(session, installation=installation, number=number)
    if category is not None:
        record(
            session,
            ticket,
            "category_set",
            actor=agent,
            surface=Surface.BUTTON,
            was=ticket.category,
            now=category,
        )
        ticket.category, ticket.category_set_by_id = category, agent.id
    if priority is not None:
        record(
            session,
            ticket,
            "priority_set",
            actor=agent,
            surface=Surface.BUTTON,
            was=ticket.priority,
            now=priority,
        )
        ticket.priority, ticket.priority_set_by_id = priority, agent.id
    changed(session, ticket)
    return ticket


def resolve(session: Session, *, installation: Installation, number: int, user_id: str) -> Ticket:
    """Close the ticket: agents any, requesters their own.

    Raises:
        UnknownTicket: there is none, or it is not theirs.
        NothingToDo: it is resolved already, or set aside.
    """
    ticket, person = _own(session, installation, number, user_id)
    if ticket.status is Status.RESOLVED:
        raise NothingToDo(f"Ticket #{number} is resolved already.")
    if ticket.withdrawn_at is not None:
        raise NothingToDo(f"Ticket #{number} was set aside as not a ticket.")
    ticket.status = Status.RESOLVED
    ticket.resolved_at = utcnow()
    ticket.resolved_by_id = person.id
    record(session, ticket, "resolved", actor=person, surface=Surface.BUTTON)
    changed(session, ticket, receipt=True)
    return ticket


def reopen(session: Session, *, installation: Installation, number: int, user_id: str) -> Ticket:
    """Take a resolved ticket up again: agents any, requesters their own.

    Raises:
        UnknownTicket: there is none, or it is not theirs.
        NothingToDo: it is not resolved.
    """
    ticket, person = _own(session, installation, number, user_id)
    if ticket.status is not Status.RESOLVED:
        raise NothingToDo(f"Ticket #{number} is open already.")
    ticket.status = Status.OPEN
    ticket.resolved_at = ticket.resolved_by_id = None
    record(session, ticket, "reopened", actor=person, surface=Surface.BUTTON)
    changed(session, ticket, receipt=True)
    return ticket


def set_aside(session: Session, *, installation: Installation, number: int, user_id: str) -> Ticket:
    """Mark the ticket as none, so that the bot's messages to the requester are taken back.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it was answered, or set aside before.
    """
    agent = contacts.agent(session, installation=installation, user_id=user_id)
    ticket = locked(session, installation=installation, number=number)
    if ticket.withdrawn_at is not None:
        raise NothingToDo(f"Ticket #{number} is set aside already.")
    if triage.last_replies(session, ticket_id=ticket.id, limit=1):
        raise NothingToDo(f"Ticket #{number} was answered. Resolve it instead.")
    ticket.withdrawn_at = utcnow()
    ticket.withdrawn_by_id = agent.id
    record(session, ticket, "set_aside", actor=agent, surface=Surface.BUTTON)
    changed(session, ticket, receipt=True)
    return ticket


def bring_back(
    session: Session, *, installation: Installation, number: int, user_id: str
) -> Ticket:
    """Undo ``set_aside``. A triage that came to its end meanwhile was dropped: it is asked anew.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it is not set aside.
    """
    agent = contacts.agent(session, installation=installation, user_id=user_id)
    ticket = locked(session, installation=installation, number=number)
    if ticket.withdrawn_at is None:
        raise NothingToDo(f"Ticket #{number} is not set aside.")
    ticket.withdrawn_at = ticket.withdrawn_by_id = None
    record(session, ticket, "brought_back", actor=agent, surface=Surface.BUTTON)
    if ticket.triage_status in {TriageStatus.PENDING, TriageStatus.ON_TRIAGE}:
        triage_due(session, ticket)
    changed(session, ticket, receipt=True)
    return ticket


def refuse_set_aside(ticket: Ticket) -> None:
    """Refuse what makes no sense for something that is not a ticket.

    Raises:
        NothingToDo: it was set aside.
    """
    if ticket.withdrawn_at is not None:
        raise NothingToDo(f"Ticket #{ticket.id} was set aside as not a ticket. Undo that first.")


def locked(session: Session, *, installation: Installation, number: int) -> Ticket:
    """Return the ticket for changing.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = tickets.locked(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    return ticket


def _own(
    session: Session, installation: Installation, number: int, user_id: str
) -> tuple[Ticket, Contact]:
    person = contacts.known(session, installation=installation, user_id=user_id)
    ticket = locked(session, installation=installation, number=number)
    if not person.is_agent and ticket.requester_id != person.id:
        raise UnknownTicket(number)
    return ticket, person


def why_not_sendable(ticket: Ticket, result: Result, newest: Reply | None) -> str | None:
    """Return why the draft of a ticket's current result may not be sent any more, or None."""
    if ticket.status is Status.RESOLVED:
        return "the ticket was resolved meanwhile"
    if ticket.withdrawn_at is not None:
        return "the ticket was set aside as not a ticket"
    if newest is not None and newest.approved_at >= result.created_at:
        return f"{contacts.name_of(newest.approved_by)} answered meanwhile"
    return None


@dataclass(frozen=True)
class Facts:
    """A ticket with all that its card shows. ``replies`` has the newest first.

    ``said_since`` is what the requester wrote after the opening message, oldest first.
    ``edited_at`` is when the request was edited after the triage had read it.
    """

    ticket: Ticket
    result: Result | None
    replies: Sequence[Reply]
    files: Sequence[dict[str, Any]]
    said_since: Sequence[Message]
    edited_at: datetime | None = None

    @property
    def draft(self) -> Result | None:
        """The result whose draft may be approved."""
        newest = self.replies[0] if self.replies else None
        if self.result is None or why_not_sendable(self.ticket, self.result, newest):
            return None
        return self.result


SHOWN_MESSAGES = 50
SHOWN_REPLIES = 3


def facts(session: Session, *, installation: Installation, number: int) -> Facts:
    """Return the ticket as its card shows it.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    opening = tickets.opening_message(session, ticket_id=ticket.id)
    recent = tickets.newest_messages(session, ticket_id=ticket.id, limit=SHOWN_MESSAGES)
    said = [message for message in recent if opening is None or message.id != opening.id]
    result = triage.current_result(session, ticket_id=ticket.id)
    return Facts(
        ticket=ticket,
        result=result,
        replies=triage.last_replies(session, ticket_id=ticket.id, limit=SHOWN_REPLIES),
        files=[
            file for message in [*([opening] if opening else []), *said] for file in message.files
        ],
        said_since=[
            message
            for message in said
            if message.role is Role.REQUESTER
            and message.deleted_at is None
            and _is_after(message, opening)
        ],
        edited_at=_edited_after(opening, result),
    )


def _is_after(message: Message, opening: Message | None) -> bool:
    """Whether it was said later; a thread's earlier messages may be stored after its ticket."""
    if opening is None or opening.ts is None or message.ts is None:
        return True
    return float(message.ts) > float(opening.ts)


def _edited_after(opening: Message | None, result: Result | None) -> datetime | None:
    if opening is None or result is None or opening.edited_at is None:
        return None
    return opening.edited_at if opening.edited_at > result.created_at else None
