"""When very many ask at once, an emoji says at first that we have it; the receipt comes after.

Slack takes a message a second in a channel. Eighty receipts would hold up answers, and be minutes
late themselves.
"""

from sqlalchemy.orm import Session

from core.announce import emoji_due, receipt_due
from core.installation import Installation
from core.jobs import Urgency
from storage.repositories import places
from storage.tables import Ticket, utcnow

SEEN = "eyes"
# Slack takes fifty a minute, and thanks want some, too.
EMOJI_PER_MINUTE = 45


def receipt_or_sign_due(
    session: Session, *, installation: Installation, ticket: Ticket, ts: str | None
) -> None:
    """Have the requester told that we have it: by the receipt, or by an emoji on that message.

    Then the receipt follows once the rush is over, or with the first news that there are.
    """
    if ts is None or ticket.channel is None or not _is_rush(session, installation, ticket.channel):
        receipt_due(session, ticket, urgency=Urgency.RECEIPT)
        return
    emoji_due(
        session,
        ticket,
        name=SEEN,
        channel=ticket.channel,
        ts=ts,
        slot=f"seen:{ticket.id}",
        urgency=Urgency.RECEIPT,
    )
    later = installation.rules.rush_window
    receipt_due(session, ticket, urgency=Urgency.UPDATE, delay=later)


def _is_rush(session: Session, installation: Installation, channel: str) -> bool:
    """Whether more tickets than get a receipt at once came of the channel just now.

    With still more, Slack would take no more emoji, and receipts have caught up meanwhile.
    """
    rules = installation.rules
    most = rules.receipts_per_minute + EMOJI_PER_MINUTE
    count = places.threads_since(
        session,
        workspace_id=installation.workspace_id,
        channel=channel,
        since=utcnow() - rules.rush_window,
        most=most + 1,
    )
    return rules.receipts_per_minute < count <= most
