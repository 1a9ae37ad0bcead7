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
    is_hidden: bool,
) -> None:
    """Note that the card at that place shows that version; one that is outdated is due again.

    What stood in the thread of an earlier card is copied anew, and goes where the card now hides
    its ticket, of which it ``is_hidden`` shows the number only.
    """
    ticket = locked(session, installation=installation, number=number)
    was_at = ticket.card_channel, ticket.card_ts
    has_moved = ticket.card_ts not in {None, ts}
    begins_to_hide = is_hidden and not ticket.card_hidden
    ticket.card_channel, ticket.card_ts, ticket.card_version = channel, ts, version
    ticket.card_hidden = is_hidden
    if has_moved or begins_to_hide:
        left_in = was_at[0] if was_at[0] == channel else None
        mirrors.begin_anew(session, installation=installation, ticket=ticket, left_in=left_in)
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
