"""Tickets that other systems hand in over the API."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from core import contacts, intake, rights
from core.caller import Caller, Scope
from core.errors import Refusal
from core.installation import Installation
from core.intake import Opened, Request, Source
from core.text import clean, one_line
from core.tokens import MissingScope
from storage.repositories import contacts as rows
from storage.tables import Contact, TicketPriority, utcnow
from storage.upsert import insert_if_absent

SOURCE = "api"
SOURCE_LIMIT = 40
EXTERNAL_ID_LIMIT = 255
# What the desk itself calls the ways in that Slack has.
RESERVED = frozenset(str(source) for source in Source)


class UnknownOwner(Refusal):
    """Nobody has that number."""

    field = "owner_id"


class ReservedSource(Refusal):
    """The desk itself uses that word."""

    field = "source"


class ExternalIdTaken(Refusal):
    """What came under that id before is not for whoever asks now."""

    field = "external_id"


class NothingSaid(Refusal):
    """There is nothing to work on in the request."""

    field = "raw_text"


@dataclass(frozen=True)
class Person:
    """Who asks, as another system names them."""

    name: str = ""
    email: str | None = None


@dataclass(frozen=True)
class Submission:
    """A request from another system, which calls itself ``source`` and it ``external_id``.

    Whoever asks is ``contact``, or the contact with the number ``owner_id``, or else whoever hands
    it in.
    """

    text: str
    title: str = ""
    source: str = SOURCE
    external_id: str | None = None
    contact: Person | None = None
    owner_id: int | None = None
    private: bool = False
    priority: TicketPriority | None = None
    is_bulk: bool = False


def submit(
    session: Session,
    *,
    installation: Installation,
    by: Caller,
    submission: Submission,
    card_delay: timedelta,
) -> Opened:
    """Open a ticket, or find the one that came from there under that id before.

    Raises:
        MissingScope, UnknownOwner, ReservedSource, ExternalIdTaken, NothingSaid, UnusableEmail: see
            there.
        NotAnAgent: who is none hands in for nobody else.
    """
    if submission.private and not by.sees_private:
        raise MissingScope(Scope.PRIVATE)
    source = one_line(submission.source, SOURCE_LIMIT) or SOURCE
    if source.lower() in RESERVED:
        raise ReservedSource(
            f"“{source}” says that a ticket came from Slack. Use another word for your system."
        )
    text = clean(submission.text) or one_line(submission.title)
    if not text:
        raise NothingSaid("There is no text. Say in raw_text, or in title, what is asked for.")
    # Before anybody is made: of two requests that name the same people one waits, and never both.
    rows.hold(session, contact_id=by.contact_id)
    requester = _requester(session, installation, by, submission)
    opened = intake.open_ticket(
        session,
        installation=installation,
        request=Request(
            source=source,
            requester=requester.id,
            actor=by,
            title=submission.title,
            text=text,
            external_id=one_line(submission.external_id or "", EXTERNAL_ID_LIMIT) or None,
            priority=submission.priority,
            private=submission.private,
            is_bulk=submission.is_bulk,
        ),
        card_delay=card_delay,
    )
    me = contacts.acting(session, installation=installation, by=by)
    if not opened.is_new and not rights.is_for(by, me, opened.ticket, installation=installation):
        raise ExternalIdTaken(
            "This external_id was used before, for a ticket that this token may not see."
        )
    return opened


def _requester(
    session: Session, installation: Installation, by: Caller, submission: Submission
) -> Contact:
    workspace_id = installation.workspace_id
    if submission.contact is None and submission.owner_id is None:
        return contacts.acting(session, installation=installation, by=by)
    # The answer shows who that is: their name, and their address.
    contacts.agent(session, installation=installation, by=by)
    if submission.owner_id is not None:
        owner = rows.by_id(session, workspace_id=workspace_id, contact_id=submission.owner_id)
        if owner is None:
            raise UnknownOwner("There is no contact with this number. Give contact instead.")
        return owner
    return _known_as(session, workspace_id, submission.contact or Person())


def _known_as(session: Session, workspace_id: int, person: Person) -> Contact:
    """Return the contact with that address, made on first sight; one without is always new.

    An address that belongs to somebody in Slack is theirs: they are answered there.
    """
    name = one_line(person.name, contacts.NAME_LIMIT)
    email = contacts.address_of(person.email) if person.email else None
    found = rows.with_email(session, workspace_id=workspace_id, email=email) if email else None
    if found is None:
        found = insert_if_absent(
            session,
            Contact,
            workspace_id=workspace_id,
            name=name,
            email=email,
            profile_at=utcnow(),
        )
    if found is None and email:  # another transaction was first
        found = rows.with_email(session, workspace_id=workspace_id, email=email)
    if found is None:
        raise RuntimeError("a contact was refused as a duplicate, but there is none")
    if not found.name:
        found.name = name
    return found
