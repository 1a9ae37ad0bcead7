"""Messages that somebody points at, by a reaction say, for the desk to make tickets of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from core import channels, contacts, conversation, intake
from core.announce import changed, receipt_due
from core.audit import Surface, record
from core.conversation import Heard
from core.errors import Refusal
from core.files import copies_due
from core.installation import Installation
from core.intake import POINTING, NeverATicket, Request, Source
from core.jobs import Urgency
from core.rights import locked
from core.text import clean, title_of
from storage.repositories import messages, places
from storage.tables import Message, Ticket, utcnow

BEING_FETCHED = "Request being fetched"
UNREADABLE = "A message that could not be read"


class UseTheShortcut(Refusal):
    """Somebody pointed at what only few can read, without knowing who would read it then."""

    def __init__(self) -> None:
        super().__init__(
            "No ticket was made, because only the people here can read this. Use Make a ticket, "
            "under More actions of the message: it says first who will see it."
        )


@dataclass(frozen=True)
class Reaction:
    """Somebody reacted to a message; ``author`` is None where Slack names none."""

    name: str
    user_id: str
    channel: str
    ts: str
    author: str | None


def reacted(
    session: Session, *, installation: Installation, reaction: Reaction, card_delay: timedelta
) -> None:
    """Open a ticket of the message; its text and its thread are fetched by a job.

    Raises:
        NeverATicket, UseTheShortcut, NotTheAuthor, TooManyTickets: see there.
    """
    if reaction.name.partition("::")[0] != installation.rules.emoji:
        return
    if installation.is_triage(reaction.channel):
        raise NeverATicket
    is_known = messages.at(
        session,
        workspace_id=installation.workspace_id,
        channel=reaction.channel,
        ts=reaction.ts,
    )
    if is_known or reaction.author == installation.bot_user_id:
        return
    mode = channels.mode_of(session, installation=installation, channel=reaction.channel)
    if mode is None and channels.is_private(
        session, installation=installation, channel=reaction.channel
    ):
        raise UseTheShortcut
    intake.open_ticket(
        session,
        installation=installation,
        request=Request(
            source=Source.REACTION,
            requester=reaction.author or reaction.user_id,
            text="",
            title=BEING_FETCHED,
            channel=reaction.channel,
            root_ts=reaction.ts,
            ts=reaction.ts,
            actor=reaction.user_id,
            is_by_bot=reaction.author is None,
        ),
        card_delay=card_delay,
    )


def fetched(
    session: Session,
    *,
    installation: Installation,
    number: int,
    root_ts: str,
    thread: Sequence[Heard],
    said: Sequence[Heard],
    is_whole: bool,
) -> None:
    """Fill in what was fetched of a message and its thread, then have it triaged.

    ``thread`` is what was said there, all of it if ``is_whole``, ``root_ts`` its first message's,
    ``said`` what people said of it.
    """
    # People before tickets, as everywhere.
    contacts.all_known(session, installation=installation, user_ids={each.user_id for each in said})
    ticket = locked(session, installation=installation, number=number)
    if ticket.root_ts != root_ts and not _moved(session, ticket, root_ts):
        return
    opening = messages.opening(session, ticket_id=ticket.id)
    pointed_at = next((each for each in thread if opening and each.ts == opening.ts), None)
    if opening is not None and pointed_at is None and is_whole:
        # Deleted before it was read; what Slack told of that came to a desk that did not know it.
        conversation.delete(
            session,
            installation=installation,
            channel=opening.channel or "",
            ts=opening.ts or "",
        )
    elif opening is not None and pointed_at is not None:
        _fill_in(session, ticket, opening, pointed_at)
    conversation.backfilled(session, installation=installation, number=number, said=said)
    if ticket.source in POINTING:
        receipt_due(session, ticket, urgency=Urgency.RECEIPT)
    if ticket.source == Source.REACTION:
        changed(session, ticket, urgency=Urgency.CARD)


def _moved(session: Session, ticket: Ticket, root_ts: str) -> bool:
    """Give the ticket the thread that its message is in, unless that is another ticket's."""
    other = places.of_thread(
        session,
        workspace_id=ticket.workspace_id,
        channel=ticket.channel or "",
        root_ts=root_ts,
    )
    if other is None or other.id == ticket.id:
        ticket.root_ts = root_ts
        return True
    ticket.withdrawn_at = utcnow()
    record(session, ticket, "set_aside", actor=None, surface=Surface.DESK, is_part_of=other.id)
    changed(session, ticket, urgency=Urgency.UPDATE)
    return False


def _fill_in(session: Session, ticket: Ticket, opening: Message, pointed_at: Heard) -> None:
    if opening.deleted_at is not None or opening.edited_at is not None:
        return  # what happened to it meanwhile is known better than what was fetched
    opening.text, opening.files = clean(pointed_at.text), list(pointed_at.files)
    ticket.raw_text = opening.text
    if ticket.source == Source.REACTION:
        ticket.title = title_of(opening.text, opening.files)
        copies_due(session, ticket, opening)


def not_fetched(session: Session, *, installation: Installation, number: int) -> None:
    """Go on with what is known of a message whose thread cannot be read.

    A shortcut works where the bot is not, and carries one message: then it goes on by direct
    message, and ``external_id`` goes on to say which thread it was.
    """
    ticket = locked(session, installation=installation, number=number)
    if ticket.source == Source.SHORTCUT and ticket.receipt_ts is None:
        ticket.channel = ticket.root_ts = None
    if ticket.source == Source.REACTION and ticket.title == BEING_FETCHED:
        ticket.title = UNREADABLE
    if ticket.source in POINTING:
        changed(session, ticket, urgency=Urgency.CARD, receipt=True)
    conversation.backfilled(session, installation=installation, number=number, said=[])
