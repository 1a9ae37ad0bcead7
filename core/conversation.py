"""What is said in a ticket's thread, edited there, and deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from core import contacts
from core.announce import changed
from core.audit import Surface, record
from core.installation import Installation
from core.jobs import Urgency
from core.rights import locked
from core.text import clean, one_line
from core.thanks import is_only_thanks
from core.tickets import triage_due
from storage.repositories import tickets, triage
from storage.tables import (
    Contact,
    Message,
    Role,
    Status,
    Ticket,
    TriageStatus,
    Visibility,
    utcnow,
)
from storage.upsert import insert_if_absent


@dataclass(frozen=True)
class Heard:
    """One message of a thread, as Slack has it."""

    user_id: str
    ts: str
    text: str
    files: Sequence[dict[str, Any]] = ()


DELETED = "Deleted request"
# For so long does a requester's message reopen a resolved ticket.
REOPENS_FOR = timedelta(days=7)


def hear(
    session: Session,
    *,
    installation: Installation,
    channel: str,
    root_ts: str,
    said: Heard,
) -> Message | None:
    """Add a message to the ticket of its thread; None if there is no ticket or it is known."""
    found = tickets.in_thread(
        session, workspace_id=installation.workspace_id, channel=channel, root_ts=root_ts
    )
    if found is None:
        return None
    # People before tickets, as everywhere: two transactions never wait for each other.
    author = contacts.known(session, installation=installation, user_id=said.user_id)
    ticket = locked(session, installation=installation, number=found.id)
    message = _add(session, ticket, author, channel, said)
    if message is not None and message.role is Role.REQUESTER:
        _take_up(session, ticket, message, author)
        changed(session, ticket, urgency=Urgency.UPDATE, receipt=True)
    return message


def _take_up(session: Session, ticket: Ticket, message: Message, requester: Contact) -> None:
    """An answered ticket is open again; a resolved one only if there is something to act on."""
    if ticket.status is Status.WAITING:
        ticket.status = Status.OPEN
    elif ticket.resolved_at is not None and not (
        is_only_thanks(message.text) or utcnow() - ticket.resolved_at > REOPENS_FOR
    ):
        ticket.status = Status.OPEN
        ticket.resolved_at = ticket.resolved_by_id = None
        record(session, ticket, "reopened", actor=requester, surface=Surface.MESSAGE)


def _add(
    session: Session, ticket: Ticket, author: Contact, channel: str, said: Heard
) -> Message | None:
    return insert_if_absent(
        session,
        Message,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        author_id=author.id,
        role=role_of(author, ticket),
        visibility=Visibility.PUBLIC,
        text=clean(said.text),
        files=list(said.files),
        ticket_status=ticket.status,
        channel=channel,
        ts=said.ts,
    )


def role_of(author: Contact, ticket: Ticket) -> Role:
    """Return what the author is in the ticket's conversation."""
    if author.id == ticket.requester_id:
        return Role.REQUESTER
    return Role.AGENT if author.is_agent else Role.PARTICIPANT


def backfilled(
    session: Session, *, installation: Installation, number: int, said: Sequence[Heard]
) -> None:
    """Add what was said in the thread before it became a ticket, then have it triaged."""
    authors = contacts.all_known(
        session, installation=installation, user_ids={each.user_id for each in said}
    )
    ticket = locked(session, installation=installation, number=number)
    for each in said:
        _add(session, ticket, authors[each.user_id], ticket.channel or "", each)
    triage_due(session, ticket)


def edit(
    session: Session,
    *,
    installation: Installation,
    channel: str,
    ts: str,
    text: str,
    files: Sequence[dict[str, Any]],
) -> None:
    """Follow the edit of a message, and keep what it said before."""
    found = _message(session, installation, channel, ts)
    if found is None:
        return
    message, ticket = found
    text = clean(text)
    if message.deleted_at is not None or (message.text == text and message.files == list(files)):
        return
    message.edits = [*message.edits, {"text": message.text, "until": utcnow().isoformat()}]
    message.text, message.files, message.edited_at = text, list(files), utcnow()
    if _opened(session, message, ticket):
        ticket.raw_text = text
        if ticket.triage_status is not TriageStatus.COMPLETED and text:
            ticket.title = one_line(text)
    changed(session, ticket, urgency=Urgency.UPDATE)


def delete(session: Session, *, installation: Installation, channel: str, ts: str) -> None:
    """Follow the deletion of a message: its text is kept nowhere."""
    found = _message(session, installation, channel, ts)
    if found is None:
        return
    message, ticket = found
    message.text, message.files, message.edits = "", [], []
    message.deleted_at = message.deleted_at or utcnow()
    if _opened(session, message, ticket):
        ticket.raw_text, ticket.title = "", DELETED
    # What a model made of the text may repeat it.
    triage.forget(session, ticket_id=ticket.id)
    changed(session, ticket, urgency=Urgency.UPDATE)


def _opened(session: Session, message: Message, ticket: Ticket) -> bool:
    """Whether the message is the one that became the ticket; a thread's root need not be."""
    opening = tickets.opening_message(session, ticket_id=ticket.id)
    return opening is not None and opening.id == message.id


def _message(
    session: Session, installation: Installation, channel: str, ts: str
) -> tuple[Message, Ticket] | None:
    """Return the message and its ticket, the ticket locked."""
    message = tickets.message_at(
        session, workspace_id=installation.workspace_id, channel=channel, ts=ts
    )
    if message is None:
        return None
    ticket = locked(session, installation=installation, number=message.ticket_id)
    session.refresh(message)  # another edit or deletion may have held the ticket until now
    return message, ticket
