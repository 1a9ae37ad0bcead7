"""Messages that a person wrote one after the other, and that are one request."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from core import conversation, floods, rights
from core.announce import card_due, changed, receipt_due
from core.audit import Surface, record
from core.contacts import known
from core.conversation import Heard
from core.errors import NothingToDo
from core.files import copies_anew
from core.installation import Installation
from core.intake import Opened, Source, backfill_due
from core.jobs import Urgency
from core.mirrors import mirror_due
from core.text import title_of
from core.tickets import close
from core.triage_queue import triage_again, triage_due
from storage.repositories import contacts, messages, places, tickets
from storage.tables import Contact, Message, Status, Ticket, utcnow
from storage.upsert import insert_if_absent

# So long after the last message does a direct message still belong to a ticket.
STILL_MEANT = timedelta(hours=24)


def join_recent(
    session: Session,
    *,
    installation: Installation,
    author: Contact,
    said: Heard,
    is_late: bool,
) -> bool:
    """Add the message to what its author wrote in the channel a moment ago; say whether it was.

    The ticket is triaged anew, as a whole. Once an agent answered it, nothing joins it.
    """
    window = installation.rules.group_window.total_seconds()
    if not window:
        return False
    # Two messages at once: the second one sees the ticket of the first.
    contacts.hold(session, contact_id=author.id)
    found = places.asked_between(
        session,
        workspace_id=installation.workspace_id,
        requester_id=author.id,
        channel=said.channel,
        # Slack may bring the two in any order.
        first_ts=_ts(float(said.ts) - window),
        last_ts=_ts(float(said.ts) + window),
    )
    if found is None:
        return False
    ticket = rights.locked(session, installation=installation, number=found.id)
    if not _takes_more(session, ticket):
        return False
    joined = replace(said, is_joined=True)
    if conversation.hear(session, ticket=ticket, author=author, said=joined) is None:
        return True  # Slack told of it twice at once
    triage_again(session, ticket)  # what is being triaged, or was, is not the whole any more
    if is_late:  # answers to it may have come before it, and found no ticket
        backfill_due(session, ticket, root_ts=said.ts)
    return True


def _ts(moment: float) -> str:
    """Write a moment as Slack does, so that the order of texts is the order of time."""
    return f"{moment:017.6f}"


def _takes_more(session: Session, ticket: Ticket) -> bool:
    is_closed = ticket.status is Status.RESOLVED or ticket.withdrawn_at is not None
    return not is_closed and not messages.was_answered(session, ticket_id=ticket.id)


def join_direct(
    session: Session, *, installation: Installation, author: Contact, said: Heard
) -> bool:
    """Add a direct message to the ticket that its author writes about; say whether there is one.

    That is their newest, even where it was resolved a moment ago: thanks are for that one, and
    whatever else takes it up again.
    """
    contacts.hold(session, contact_id=author.id)
    found = tickets.newest_active(
        session,
        requester_id=author.id,
        source=Source.DIRECT,
        since=utcnow() - STILL_MEANT,
    )
    if found is None:
        return False
    ticket = rights.locked(session, installation=installation, number=found.id)
    if ticket.withdrawn_at is not None:  # a moment ago; an older one would be locked after it
        return False
    conversation.hear(session, ticket=ticket, author=author, said=replace(said, is_joined=True))
    return True


def split(
    session: Session,
    *,
    installation: Installation,
    number: int,
    message_id: int,
    user_id: str,
    card_delay: timedelta,
) -> Opened:
    """Make a message that joined a ticket a ticket of its own.

    Raises:
        UnknownTicket, TooManyTickets: see there.
        NothingToDo: it is one already, or was deleted.
    """
    # People before tickets, as everywhere.
    floods.refuse(
        session,
        installation=installation,
        person=known(session, installation=installation, user_id=user_id),
    )
    ticket, person = rights.for_person(
        session, installation=installation, number=number, by=user_id
    )
    message = messages.of_ticket(session, ticket_id=ticket.id, message_id=message_id)
    if message is None or not message.is_joined or message.deleted_at is not None:
        raise NothingToDo("This message is a ticket of its own already, or was deleted.")
    made = _made(session, ticket, message, person)
    was_resolved = message.ticket_status is Status.RESOLVED
    message.ticket_id, message.ticket_status, message.is_joined = made.id, Status.NEW, False
    session.flush()
    record(session, ticket, "split", actor=person, surface=Surface.BUTTON, into=made.id)
    record(session, made, "opened", actor=person, surface=Surface.BUTTON, out_of=ticket.id)
    copies_anew(session, made, message)
    if message.mirror_ts is not None:
        copy, message.mirror_ts = message.mirror_ts, None
        mirror_due(session, made, message, stray=(ticket.card_channel or "", copy))
    receipt_due(session, made, urgency=Urgency.RECEIPT)
    card_due(session, made, urgency=Urgency.CARD, delay=card_delay)
    triage_due(session, made)
    _go_on_without(session, ticket, message, person, was_resolved=was_resolved)
    changed(session, ticket, receipt=True)
    return Opened(made, is_new=True)


def _go_on_without(
    session: Session, ticket: Ticket, message: Message, person: Contact, *, was_resolved: bool
) -> None:
    """Leave nothing in the ticket of a message that was taken out of it, nor open for it alone."""
    ticket.handover_summary = None  # which may repeat it
    conversation.forget(session, ticket, message)
    has_more = messages.requester_words_after(session, ticket_id=ticket.id, message_id=message.id)
    if was_resolved and ticket.status is Status.OPEN and not has_more:
        close(session, ticket, person, surface=Surface.BUTTON)


def _made(session: Session, ticket: Ticket, message: Message, opener: Contact) -> Ticket:
    made = insert_if_absent(
        session,
        Ticket,
        workspace_id=ticket.workspace_id,
        title=title_of(message.text, message.files),
        raw_text=message.text,
        source=ticket.source,
        private=ticket.private,
        requester_id=ticket.requester_id,
        opened_by_id=opener.id if opener.id != ticket.requester_id else None,
        channel=message.channel,
        root_ts=message.ts,
        card_channel=ticket.card_channel,
    )
    if made is None:
        raise RuntimeError("a message that joined a ticket is the root of another")
    return made
