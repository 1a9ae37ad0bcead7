"""What is said in a thread: a note, a message of its ticket, or the beginning of a new ticket."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from core import contacts, conversation, intake, notes
from core.conversation import Heard
from core.installation import Installation
from core.intake import Request, Source
from core.rights import locked
from storage.repositories import contacts as rows
from storage.repositories import places
from storage.tables import Ticket


@dataclass(frozen=True)
class Outcome:
    """What became of it.

    With ``is_first_note`` its author has to be told that no requester reads it.
    """

    ticket: Ticket | None = None
    is_first_note: bool = False


def hear(
    session: Session,
    *,
    installation: Installation,
    root_ts: str,
    said: Heard,
    card_delay: timedelta,
    is_below_bot: bool = False,
) -> Outcome:
    """Add a message to what its thread belongs to; one elsewhere is nobody's business.

    ``is_below_bot``: the desk itself wrote the thread's first message.

    Raises:
        NotYet: see ``notes.write``.
    """
    if installation.is_triage(said.channel):
        is_first_note = notes.write(
            session,
            installation=installation,
            root_ts=root_ts,
            said=said,
            is_below_bot=is_below_bot,
        )
        return Outcome(is_first_note=is_first_note)
    its_ticket = partial(
        places.of_thread,
        session,
        workspace_id=installation.workspace_id,
        channel=said.channel,
        root_ts=root_ts,
    )
    found = its_ticket()
    if found is None:
        return Outcome()
    # People before tickets, as everywhere: two transactions never wait for each other.
    author = contacts.known(session, installation=installation, user_id=said.user_id)
    rows.hold(session, contact_id=author.id)
    ticket = locked(session, installation=installation, number=found.id)
    if its_ticket() is not ticket:
        # By another message, or a split, that held the ticket until now.
        return hear(
            session, installation=installation, root_ts=root_ts, said=said, card_delay=card_delay
        )
    is_own = (ticket.channel, ticket.root_ts) == (said.channel, root_ts)
    if author.id == ticket.requester_id and conversation.is_too_late(ticket, said.text):
        ticket.is_followed = ticket.is_followed or is_own
        return Outcome(_new_matter(session, installation, ticket, root_ts, said, card_delay))
    conversation.hear(session, ticket=ticket, author=author, said=said)
    return Outcome(ticket)


def _new_matter(
    session: Session,
    installation: Installation,
    earlier: Ticket,
    root_ts: str,
    said: Heard,
    card_delay: timedelta,
) -> Ticket:
    """Open a ticket that takes over the thread of one which was resolved long ago."""
    session.flush()
    opened = intake.open_ticket(
        session,
        installation=installation,
        request=Request(
            source=Source.DIRECT if said.channel.startswith("D") else Source.MESSAGE,
            requester=said.user_id,
            text=said.text,
            channel=said.channel,
            root_ts=root_ts,
            ts=said.ts,
            files=said.files,
            follows=earlier.id,
            private=earlier.private,
        ),
        card_delay=card_delay,
    )
    return opened.ticket
