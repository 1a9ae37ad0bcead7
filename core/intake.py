"""How a ticket comes into being."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from core import contacts, floods, rush
from core.announce import card_due
from core.audit import Surface, record
from core.caller import By
from core.errors import Denied, Refusal
from core.files import copies_due
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue, first_jobs
from core.text import clean, one_line, title_of
from core.triage_queue import first_triage_due
from storage.repositories import contacts as rows
from storage.repositories import messages, places, tickets
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
    MENTION = "mention"
    DIRECT = "direct"
    REACTION = "reaction"


_SURFACE: Mapping[str, Surface] = {
    Source.MESSAGE: Surface.MESSAGE,
    Source.COMMAND: Surface.COMMAND,
    Source.FORM: Surface.FORM,
    Source.SHORTCUT: Surface.SHORTCUT,
    Source.MENTION: Surface.MESSAGE,
    Source.DIRECT: Surface.MESSAGE,
    Source.REACTION: Surface.REACTION,
}


def surface_of(source: str) -> Surface:
    """Return where a ticket of that source is opened; what the API brings names its own source."""
    return _SURFACE.get(source, Surface.API)


# Somebody points at a message, which need not be their own.
POINTING: frozenset[str] = frozenset({Source.SHORTCUT, Source.REACTION})


class NeverATicket(Refusal):
    """Somebody pointed at what agents say among themselves."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing that is said in this channel becomes a ticket: it belongs to the agents. "
            "Type /ticket and what you need instead."
        )


class NotTheAuthor(Denied):
    """Somebody pointed at a message of somebody else."""

    def __init__(self) -> None:
        super().__init__(
            "No ticket was made: only the author of a message, or an agent, can make a ticket of "
            "it. Ask one of them, or type /ticket and what you need yourself."
        )


@dataclass(frozen=True)
class Request:
    """What came in, as it came in.

    ``channel`` and ``root_ts`` are the thread to answer in, ``ts`` the message itself; all three
    are None for what has no place in Slack. What Slack brings without a place must have an
    ``external_id``. ``requester`` is a Slack user id, or the number of a contact; ``actor`` is who
    triggered it where that is not the requester. ``is_late`` says that Slack brought it so late
    that answers to it may have come before: they found no ticket to belong to, and are fetched with
    the thread. ``follows`` is the number of the ticket that had the thread before. ``is_alone``
    leaves out what was said before in its thread. ``is_by_bot`` says that no person wrote it;
    ``bot_name`` is what Slack calls a bot of which nothing more can be found out. ``is_bulk`` says
    that it is one of many, which let everybody else go first.
    """

    source: str
    requester: str | int
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
    actor: By | None = None
    is_late: bool = False
    is_alone: bool = False
    is_by_bot: bool = False
    is_bulk: bool = False
    bot_name: str | None = None

    @property
    def has_more(self) -> bool:
        """Whether its thread, or all of it, is still to be fetched."""
        is_reply = self.root_ts != self.ts and self.follows is None
        return not self.is_alone and (self.is_late or self.source in POINTING or is_reply)


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
    ``card_delay`` for the triage. What was only pointed at gets its receipt once it is fetched.

    Raises:
        NeverATicket, NotTheAuthor, TooManyTickets: see there; posts of bots are not limited.
        UnusableEmail: the email is none, or somebody else's.
    """
    requester, actor = _people(session, installation, request)
    # Of two requests at once the second sees what the first one did: Slack may say a thing twice.
    rows.hold(session, contact_id=actor.id)
    # Looked for first: a number that an insert was refused for would never be used.
    earlier = _existing(session, installation, request)
    if earlier is not None:
        return Opened(earlier, is_new=False)
    _refuse(installation, request, requester, actor)
    if not request.is_by_bot:  # a bot on the list is there to be heard
        floods.refuse(session, installation=installation, person=actor)
    if request.email:
        contacts.set_email(session, requester, request.email, actor=actor)
    if request.bot_name:
        contacts.name_bot(requester, request.bot_name)
    text, title = clean(request.text), one_line(request.title or "")
    ticket = insert_if_absent(
        session,
        Ticket,
        workspace_id=installation.workspace_id,
        title=title or title_of(text, request.files),
        has_own_title=bool(title),
        raw_text=text,
        source=request.source,
        external_id=request.external_id,
        requester_id=requester.id,
        opened_by_id=actor.id if actor.id != requester.id else None,
        channel=request.channel,
        root_ts=request.root_ts,
        card_channel=installation.card_channel(private=request.private),
        priority=request.priority or TicketPriority.NORMAL,
        priority_set_by_id=actor.id if request.priority else None,
        private=request.private,
        follows_id=request.follows,
    )
    if ticket is None:  # somebody else inserted it at this very moment
        return Opened(_certain(_existing(session, installation, request)), is_new=False)
    # A form is in the words of whoever filled it in, on behalf of another or not.
    author = actor if request.source == Source.FORM else requester
    _first_message(session, ticket, request, author, text)
    record(session, ticket, "opened", actor=actor, surface=surface_of(request.source))
    urgency = Urgency.BATCH if request.is_bulk else Urgency.CARD
    with first_jobs(session):
        if request.source not in POINTING:  # it is not known yet whether the thread can be reached
            rush.receipt_or_sign_due(
                session, installation=installation, ticket=ticket, ts=request.ts
            )
        if request.source == Source.FORM and actor.id != requester.id:
            _confirmation_due(session, ticket, actor)
        card_due(session, ticket, urgency=urgency, delay=card_delay)
        if request.has_more:
            backfill_due(session, ticket)
        else:
            delay = INTRODUCTION * (requester.profile_at is None)
            first_triage_due(session, ticket, urgency=urgency, delay=delay)
    return Opened(ticket, is_new=True)


def check(session: Session, *, installation: Installation, request: Request) -> Ticket | None:
    """Return the ticket that the request opened before, None if it may open one.

    Raises:
        NeverATicket, NotTheAuthor: see there.
    """
    requester, actor = _people(session, installation, request)
    earlier = _existing(session, installation, request)
    if earlier is None:
        _refuse(installation, request, requester, actor)
    return earlier


def _people(
    session: Session, installation: Installation, request: Request
) -> tuple[Contact, Contact]:
    """Return who asks, and who triggered it."""
    both = request.requester, request.actor or request.requester
    people = contacts.all_known(
        session,
        installation=installation,
        user_ids={each for each in both if isinstance(each, str)},
    )
    requester, actor = (_person(session, people, each) for each in both)
    return requester, actor


def _person(session: Session, people: Mapping[str, Contact], who: By | int) -> Contact:
    if isinstance(who, str):
        return people[who]
    return session.get_one(Contact, who if isinstance(who, int) else who.contact_id)


def _refuse(
    installation: Installation, request: Request, requester: Contact, actor: Contact
) -> None:
    if request.channel is not None and installation.is_triage(request.channel):
        raise NeverATicket
    is_own = requester is actor and not request.is_by_bot
    if request.source in POINTING and not is_own and not actor.is_agent:
        raise NotTheAuthor


def _confirmation_due(session: Session, ticket: Ticket, opener: Contact) -> None:
    """Have the person told who opened it for somebody else: the receipt is the requester's."""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.OPENED,
        dedupe_key=f"opened:{ticket.id}",
        urgency=Urgency.RECEIPT,
        ticket=ticket,
        payload={"user_id": opener.slack_user_id},
    )


def _shown_by_card(session: Session, installation: Installation, request: Request) -> Ticket | None:
    """The ticket whose card, or the thread below it, was asked to become one."""
    channel, root_ts = request.channel, request.root_ts
    if channel is None or root_ts is None or not installation.is_triage(channel):
        return None
    return places.with_card(
        session,
        workspace_id=installation.workspace_id,
        channel=channel,
        ts=root_ts,
    )


def _existing(session: Session, installation: Installation, request: Request) -> Ticket | None:
    """Return the ticket that was opened by the request before, or whose card it is about."""
    found = _shown_by_card(session, installation, request)
    if found is not None or request.follows is not None:
        return found
    if request.channel and request.root_ts:
        found = places.of_thread(
            session,
            workspace_id=installation.workspace_id,
            channel=request.channel,
            root_ts=request.root_ts,
        )
        if found is None and request.ts and request.ts != request.root_ts:
            found = places.of_message(
                session,
                workspace_id=installation.workspace_id,
                channel=request.channel,
                ts=request.ts,
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
    session: Session, ticket: Ticket, request: Request, author: Contact, text: str
) -> None:
    # Another ticket's conversation may hold this very message already: it stays there.
    is_new = put_if_absent(
        session,
        Message,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        author_id=author.id,
        role=Role.REQUESTER,
        visibility=Visibility.PUBLIC,
        text=text,
        files=list(request.files),
        ticket_status=Status.NEW,
        channel=request.channel if request.ts else None,
        ts=request.ts,
    )
    if is_new and request.files:
        opening = messages.opening(session, ticket_id=ticket.id)
        if opening is not None:
            copies_due(session, ticket, opening)


def backfill_due(session: Session, ticket: Ticket, *, root_ts: str | None = None) -> None:
    """Have the ticket's thread fetched, or another one; the triage comes after it."""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.BACKFILL,
        dedupe_key=f"backfill:{ticket.id}" + (f":{root_ts}" if root_ts else ""),
        urgency=Urgency.RECEIPT,
        ticket=ticket,
        lane=f"triage:{ticket.id}",
        payload={"root_ts": root_ts} if root_ts else None,
    )
