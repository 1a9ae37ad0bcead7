"""How a ticket comes into being."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from core import contacts
from core.announce import card_due, receipt_due
from core.audit import Surface, record
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.text import clean, one_line
from core.tickets import triage_due
from storage.repositories import tickets
from storage.tables import (
    Contact,
    Message,
    Role,
    Status,
    Ticket,
    TicketPriority,
    Visibility,
)
from storage.upsert import insert_if_absent, put_if_absent

# How long the triage of a new face waits for their name, so that the draft can greet them.
INTRODUCTION = timedelta(seconds=0.5)


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
    who triggered it where that is not the requester; both are Slack user ids. ``is_late`` says that
    Slack brought it so late that answers to it may have come before: they found no ticket to belong
    to, and are fetched with the thread. ``follows`` is the number of
    the ticket that had the thread before.
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
    private: bool = False
    follows: int | None = None
    actor: str | None = None
    is_late: bool = False


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
    requester_id, actor_id = request.requester, request.actor or request.requester
    people = contacts.all_known(
        session, installation=installation, user_ids={requester_id, actor_id}
    )
    requester, actor = people[requester_id], people[actor_id]
    if request.email:
        contacts.set_email(session, requester, request.email, actor=actor)
    text = clean(request.text)
    # Looked for first: a number that an insert was refused for would never be used.
    earlier = _shown_by_card(session, installation, request) or _existing(
        session, installation, request
    )
    if earlier is not None:
        return Opened(earlier, is_new=False)
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
        private=request.private,
        follows_id=request.follows,
    )
    if ticket is None:  # somebody else inserted it at this very moment
        return Opened(_certain(_existing(session, installation, request)), is_new=False)
    _first_message(session, ticket, request, requester, text)
    record(session, ticket, "opened", actor=actor, surface=_SURFACE[request.source])
    receipt_due(session, ticket, urgency=Urgency.RECEIPT)
    card_due(session, ticket, urgency=Urgency.CARD, delay=card_delay)
    if request.source is Source.SHORTCUT or request.is_late:
        backfill_due(session, ticket)
    else:
        triage_due(session, ticket, delay=INTRODUCTION * (requester.profile_at is None))
    return Opened(ticket, is_new=True)


def _title(request: Request, text: str) -> str:
    if title := one_line(request.title or ""):
        return title
    first_line = one_line(next((line for line in text.splitlines() if line.strip()), ""))
    if first_line:
        return first_line
    names = ", ".join(str(file.get("name", "a file")) for file in request.files)
    return one_line(f"Request without text: {names}" if names else "Request without text")


def _shown_by_card(session: Session, installation: Installation, request: Request) -> Ticket | None:
    """The ticket whose card, or the thread below it, was asked to become one."""
    if request.channel != installation.triage_channel or request.root_ts is None:
        return None
    return tickets.with_card(
        session,
        workspace_id=installation.workspace_id,
        channel=request.channel,
        ts=request.root_ts,
    )


def _existing(session: Session, installation: Installation, request: Request) -> Ticket | None:
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
    return found


def _certain(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise RuntimeError("a ticket was refused as a duplicate, but there is no such ticket")
    return ticket


def _first_message(
    session: Session, ticket: Ticket, request: Request, requester: Contact, text: str
) -> None:
    # Another ticket's conversation may hold this very message already: it stays there.
    put_if_absent(
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
