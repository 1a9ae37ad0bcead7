"""What callers of the API read: lists of tickets, and all that belongs to one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import batches, contacts, rights
from core.batches import Progress
from core.caller import Caller
from core.installation import Installation
from storage.repositories import listing
from storage.repositories import tickets as rows
from storage.repositories.listing import Filters, Found
from storage.tables import AuditEvent, Message, ModelCall, Reply, Visibility


@dataclass(frozen=True)
class Said:
    """A part of a conversation, and which of its messages went out as replies."""

    messages: Sequence[Message]
    replies: Mapping[int, Reply]


def tickets(
    session: Session,
    *,
    installation: Installation,
    by: Caller,
    filters: Filters,
    before: int | None,
    limit: int,
) -> Found:
    """Return the newest tickets that are there for whoever asks, below that number."""
    person = contacts.acting(session, installation=installation, by=by)
    visible = rights.visible(by, person, installation=installation)
    if not person.is_agent:
        visible = visible & rows.asked_for_by(person.id)
    return listing.tickets(
        session,
        workspace_id=installation.workspace_id,
        visible=visible,
        filters=filters,
        before=before,
        limit=limit,
    )


def messages(
    session: Session,
    *,
    installation: Installation,
    by: Caller,
    number: int,
    after: int,
    limit: int,
) -> Said:
    """Return what was said, oldest first; notes to agents only.

    Raises:
        UnknownTicket: there is none, or it is not for them.
    """
    ticket, person = rights.for_reader(session, installation=installation, number=number, by=by)
    visibilities = tuple(Visibility) if person.is_agent else (Visibility.PUBLIC,)
    found = listing.messages(
        session, ticket_id=ticket.id, visibilities=visibilities, after=after, limit=limit
    )
    replies = listing.replies_of(session, message_ids=[each.id for each in found])
    return Said(found, replies)


def timeline(
    session: Session,
    *,
    installation: Installation,
    by: Caller,
    number: int,
    after: int,
    limit: int,
) -> Sequence[AuditEvent]:
    """Return who did what to the ticket, oldest first, to an agent.

    Raises:
        NotAnAgent, UnknownTicket: see there.
    """
    contacts.agent(session, installation=installation, by=by, number=number)
    ticket, _ = rights.for_reader(session, installation=installation, number=number, by=by)
    return listing.events(session, ticket_id=ticket.id, after=after, limit=limit)


def calls(
    session: Session,
    *,
    installation: Installation,
    by: Caller,
    number: int,
    after: int,
    limit: int,
) -> Sequence[ModelCall]:
    """Return the ledger of the ticket, oldest first, to an agent.

    Raises:
        NotAnAgent, UnknownTicket: see there.
    """
    contacts.agent(session, installation=installation, by=by, number=number)
    ticket, _ = rights.for_reader(session, installation=installation, number=number, by=by)
    return listing.calls(session, ticket_id=ticket.id, after=after, limit=limit)


def batch(session: Session, *, installation: Installation, by: Caller, number: int) -> Progress:
    """Return how far a batch is, to an agent.

    Raises:
        NotAnAgent, UnknownBatch: see there.
    """
    contacts.agent(session, installation=installation, by=by)
    return batches.found(session, workspace_id=installation.workspace_id, number=number)
