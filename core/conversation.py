"""What is said in a ticket's thread, edited there, and deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from core import answered, contacts, handover_words
from core.announce import changed, deleted_card_due, emoji_due, homes_due
from core.audit import Surface, record
from core.files import copies_due, copies_gone
from core.installation import Installation
from core.jobs import Urgency
from core.mirrors import mirror_due
from core.rights import locked, locked_with
from core.text import clean, one_line, title_of
from core.thanks import is_only_thanks
from core.triage_queue import triage_again, triage_due, triage_overtaken
from storage.repositories import messages, triage
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
    """One message of a thread, as Slack has it; ``is_joined``: it was said outside of it."""

    channel: str
    user_id: str
    ts: str
    text: str
    files: Sequence[dict[str, Any]] = ()
    is_joined: bool = False


DELETED = "Deleted request"
# For so long does a requester's message reopen a resolved ticket.
REOPENS_FOR = timedelta(days=7)
# A person who answers a question often does so in several lines; they are read together.
PAUSE = timedelta(seconds=5)
# What thanks are answered with.
THANKS = "heart"


def hear(session: Session, *, ticket: Ticket, author: Contact, said: Heard) -> Message | None:
    """Add a message to the ticket, which is locked, with all that follows; None if it is known.

    What an agent writes in the requester's thread is an answer, what the requester writes takes the
    ticket up again, and what anyone else writes has no effect. All but the answers, which the card
    shows itself, are copied into the card's thread.
    """
    message = _add(session, ticket, author, said)
    if message is None:
        return None
    if message.role is Role.AGENT:
        answered.answered_in_thread(session, ticket, author, message)
        return message
    follow(session, ticket=ticket, author=author, message=message)
    return message


def follow(session: Session, *, ticket: Ticket, author: Contact, message: Message) -> None:
    """Let agents see what was said, and take the ticket up again if its requester said it."""
    mirror_due(session, ticket, message)
    if message.role is Role.REQUESTER:
        _take_up(session, ticket, message, author)
        changed(session, ticket, urgency=Urgency.UPDATE, receipt=True)


def is_too_late(ticket: Ticket, text: str) -> bool:
    """Whether what the requester writes now is a new matter: the ticket was closed long ago."""
    return (
        ticket.resolved_at is not None
        and utcnow() - ticket.resolved_at > REOPENS_FOR
        and not is_only_thanks(text)
    )


def _take_up(session: Session, ticket: Ticket, message: Message, requester: Contact) -> None:
    """An answered ticket is open again; a resolved one only if there is something to act on."""
    if ticket.status is Status.WAITING:
        if answered.has_asked(session, ticket):
            triage_again(session, ticket, delay=PAUSE)
        ticket.status = Status.OPEN
    elif ticket.status is Status.RESOLVED:
        if is_only_thanks(message.text) and not message.files:
            _react(session, ticket, message)
        else:
            ticket.status = Status.OPEN
            ticket.resolved_at = ticket.resolved_by_id = None
            record(session, ticket, "reopened", actor=requester, surface=Surface.MESSAGE)


def _react(session: Session, ticket: Ticket, message: Message) -> None:
    """Have thanks answered by an emoji: seen, and nothing more."""
    if message.channel is None or message.ts is None:
        return
    emoji_due(
        session,
        ticket,
        name=THANKS,
        channel=message.channel,
        ts=message.ts,
        slot=f"reaction:{message.id}",
        urgency=Urgency.UPDATE,
    )


def _add(session: Session, ticket: Ticket, author: Contact, said: Heard) -> Message | None:
    message = insert_if_absent(
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
        channel=said.channel,
        ts=said.ts,
        is_joined=said.is_joined,
    )
    if message is not None:
        copies_due(session, ticket, message)
    return message


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
        _add(session, ticket, authors[each.user_id], each)
    triage_due(session, ticket)


def edit(
    session: Session,
    *,
    installation: Installation,
    channel: str,
    ts: str,
    text: str,
    files: Sequence[dict[str, Any]],
    edited_ts: str | None = None,
) -> None:
    """Follow the edit of a message, and keep what it said before.

    ``edited_ts`` is the edit's own moment: Slack may bring one again after a later one.
    """
    found = _message(session, installation, channel, ts)
    if found is None:
        return
    message, ticket = found
    text = clean(text)
    if message.deleted_at is not None or (message.text == text and message.files == list(files)):
        return
    if edited_ts is not None and any(_not_before(each, edited_ts) for each in message.edits):
        return
    before = {"text": message.text, "until": utcnow().isoformat(), "edited_ts": edited_ts or "0"}
    message.edits = [*message.edits, before]
    message.text, message.files, message.edited_at = text, list(files), utcnow()
    title = ticket.title
    if message.visibility is Visibility.INTERNAL:
        return
    if _opened(session, message, ticket):
        ticket.raw_text = text
        if ticket.triage_status is not TriageStatus.COMPLETED and text:
            ticket.title = one_line(text)
    copies_gone(session, ticket, message)
    answered.own_message_edited(session, message)
    if message.mirror_ts is not None:
        mirror_due(session, ticket, message)
    changed(session, ticket, urgency=Urgency.UPDATE)
    if ticket.title != title:  # a Home shows it, and it may be a password that was taken out
        homes_due(session, ticket)


def _not_before(edit: Mapping[str, str], edited_ts: str) -> bool:
    """Whether that edit is no older than one of this moment, by Slack's clock."""
    return float(edit.get("edited_ts", "0")) >= float(edited_ts)


def delete(session: Session, *, installation: Installation, channel: str, ts: str) -> None:
    """Follow the deletion of a message: its text is kept nowhere, nor what a model made of it.

    What is left is triaged anew. A request of which nothing is left before an agent acted on it is
    withdrawn. A card that somebody deleted comes back.
    """
    found = _message(session, installation, channel, ts)
    if found is None:
        deleted_card_due(session, workspace_id=installation.workspace_id, channel=channel, ts=ts)
        return
    if found[0].deleted_at is not None:
        return
    message, ticket = found
    title = ticket.title
    is_opening = _opened(session, message, ticket)
    message.text, message.files, message.edits = "", [], []
    message.deleted_at = utcnow()
    if message.visibility is Visibility.INTERNAL:
        return
    if is_opening:
        ticket.raw_text, ticket.title = "", DELETED
    handover_words.forgotten(session, ticket)
    copies_gone(session, ticket, message)
    if answered.of_message_deleted(session, ticket, message):
        return
    if message.mirror_ts is not None:
        mirror_due(session, ticket, message)
    forget(session, ticket, message)
    changed(session, ticket, urgency=Urgency.UPDATE, receipt=True)
    if ticket.title != title:
        homes_due(session, ticket)


def forget(session: Session, ticket: Ticket, message: Message) -> None:
    """Undo what came of a message that was deleted, or is not the ticket's any more."""
    was_read = triage.forget(session, ticket_id=ticket.id, message=message)
    if was_read and not ticket.has_own_title:  # it was made of all that was read
        ticket.title = title_of(ticket.raw_text, ())
    under_way = ticket.triage_status in {TriageStatus.PENDING, TriageStatus.ON_TRIAGE}
    if messages.requester_has_words(session, ticket_id=ticket.id):
        if was_read or under_way:
            triage_again(session, ticket)
        return
    ticket.raw_text, ticket.title = "", DELETED
    triage_overtaken(ticket)
    ticket.triage_status, ticket.triage_error = TriageStatus.COMPLETED, None
    if ticket.withdrawn_at is None and not messages.is_worked_on(session, ticket=ticket):
        ticket.withdrawn_at, ticket.withdrawn_by_id = utcnow(), ticket.requester_id
        requester = session.get(Contact, ticket.requester_id)
        record(session, ticket, "withdrawn", actor=requester, surface=Surface.MESSAGE)


def _opened(session: Session, message: Message, ticket: Ticket) -> bool:
    """Whether the message is the one that became the ticket; a thread's root need not be."""
    opening = messages.opening(session, ticket_id=ticket.id)
    return opening is not None and opening.id == message.id


def _message(
    session: Session, installation: Installation, channel: str, ts: str
) -> tuple[Message, Ticket] | None:
    """Return the message and its ticket, the ticket locked."""
    message = messages.at(session, workspace_id=installation.workspace_id, channel=channel, ts=ts)
    if message is None:
        return None
    return message, locked_with(session, installation=installation, message=message)
