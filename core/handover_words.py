"""What handovers posted for whoever takes over: where it stands, and when it must go.

It repeats what was said in the ticket, so it is kept as a message of the bot without text: for its
place alone, and as one that is not part of the conversation.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from core import rights
from core.errors import UnknownTicket
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from storage.repositories import contacts, messages, tickets
from storage.tables import Message, Role, Ticket, Visibility
from storage.upsert import insert_if_absent


def is_person(slack_id: str) -> bool:
    """Whether the id is a person's, else it is a channel's.

    https://docs.slack.dev/reference/objects/user-object
    """
    return slack_id.startswith(("U", "W"))


def to_tell(
    session: Session, *, installation: Installation, number: int, to: str
) -> tuple[Ticket, bool]:
    """Return the ticket, and whether that person or channel may read of it.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    return ticket, _may_read(session, installation, ticket, to)


def _may_read(session: Session, installation: Installation, ticket: Ticket, to: str) -> bool:
    if not ticket.private:
        return True
    if not is_person(to):
        return False
    person = contacts.in_slack(session, workspace_id=ticket.workspace_id, user_id=to)
    return person is not None and rights.sees_private(person, installation)


def told(
    session: Session,
    *,
    installation: Installation,
    number: int,
    to: str,
    at: datetime,
    channel: str,
    ts: str,
    has_summary: bool,
) -> None:
    """Note where the word stands; what must not be read any more goes.

    It counts from ``at``, the moment of the handover that it tells of: a later one may be noted
    before it. ``has_summary``: the word may repeat what was said in the ticket.
    """
    ticket = rights.locked(session, installation=installation, number=number)
    word = insert_if_absent(
        session,
        Message,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        role=Role.BOT,
        visibility=Visibility.INTERNAL,
        text="",
        ticket_status=ticket.status,
        channel=channel,
        ts=ts,
        created_at=at,
    )
    if word is None:
        return
    if ticket.transferred_at == at:
        is_forgotten = ticket.handover_summary is None
    else:  # the ticket has the summary of a later handover
        is_forgotten = messages.has_lost_any_since(session, ticket_id=ticket.id, moment=at)
    if (has_summary and is_forgotten) or not _may_read(session, installation, ticket, to):
        _gone_due(session, ticket, word)


def forgotten(session: Session, ticket: Ticket) -> None:
    """Forget the summary, which may repeat what was deleted, wherever it was posted."""
    ticket.handover_summary = None
    for word in messages.of_handovers(session, ticket_id=ticket.id):
        _gone_due(session, ticket, word)


def hidden(session: Session, *, installation: Installation, ticket: Ticket) -> None:
    """Take away what people read who must not, now that the ticket is private.

    The last word stays where it went to somebody who sees private tickets.
    """
    to, since = ticket.transferred_to, ticket.transferred_at
    may_stay = to is not None and _may_read(session, installation, ticket, to)
    for word in messages.of_handovers(session, ticket_id=ticket.id):
        if not (may_stay and since is not None and word.created_at >= since):
            _gone_due(session, ticket, word)


def _gone_due(session: Session, ticket: Ticket, word: Message) -> None:
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.HANDOVER_GONE,
        dedupe_key=f"handover_gone:{word.id}",
        urgency=Urgency.CLICK,
        ticket=ticket,
        payload={"channel": word.channel, "ts": word.ts},
    )
