"""Where the messages that show a ticket stand in Slack, and which version they show."""

from sqlalchemy.orm import Session

from core import files, mirrors
from core.announce import card_due
from core.installation import Installation
from core.jobs import Urgency
from core.rights import locked


def card(
    session: Session,
    *,
    installation: Installation,
    number: int,
    version: int,
    channel: str,
    ts: str | None,
) -> None:
    """Note that the card at that place shows that version; one that is outdated is due again."""
    ticket = locked(session, installation=installation, number=number)
    has_moved = ticket.card_ts is not None and ticket.card_channel != channel
    ticket.card_channel, ticket.card_ts, ticket.card_version = channel, ts, version
    if has_moved or installation.hides(ticket):
        mirrors.begin_anew(session, installation=installation, ticket=ticket)
        files.copies_moved(session, ticket)
    if ticket.version > version:
        card_due(session, ticket, urgency=Urgency.UPDATE)


def receipt(
    session: Session,
    *,
    installation: Installation,
    number: int,
    version: int,
    channel: str,
    ts: str | None,
) -> None:
    """Note that the receipt shows that version, or was taken back (``ts`` None).

    Where a ticket had no thread, or one that cannot be reached, its receipt starts one, and ends
    it when it is taken back.
    """
    ticket = locked(session, installation=installation, number=number)
    if ticket.channel != channel or ticket.root_ts == ticket.receipt_ts:
        ticket.channel, ticket.root_ts = channel, ts
    ticket.receipt_ts, ticket.receipt_version = ts, version
