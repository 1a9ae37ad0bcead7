"""A desk out of a backup: what happened in Slack since then is not in its tables."""

from datetime import timedelta

from sqlalchemy.orm import Session

from core import jobs, registry
from core.announce import changed
from core.jobs import Kind, Urgency
from core.prompts import published
from storage.repositories import contacts, tickets
from storage.repositories import jobs as queue
from storage.tables import utcnow

# These post nothing, and are worth so few tries that none may be taken from them.
ASK_A_MODEL = frozenset({Kind.TRIAGE, Kind.HANDOVER})

# The cards and receipts of what was resolved so lately show again what the tables know.
LATELY = timedelta(days=30)


def settle(session: Session) -> int:
    """Make the desk fit to go on; return how many jobs the backup left to do.

    Every job may have been done after the backup was made, so that each looks for its message
    before it posts, and waits until a call that is under way has come through. Cards and receipts
    come to show what the tables know. A process that runs meanwhile need not be started anew:
    prompts are registered here, and who is an agent is asked again.

    Raises:
        ConfigurationError: it knows another text of a prompt.
    """
    left = queue.mark_tried(session, but_not=ASK_A_MODEL)
    registry.register(session, prompts=published())
    now = utcnow()
    for ticket in tickets.unresolved_or_resolved_since(session, moment=now - LATELY):
        has_receipt = ticket.receipt_ts is not None
        changed(session, ticket, urgency=Urgency.UPDATE, receipt=has_receipt)
    # Last, for what was just made due may be one of them. A running desk may be at its call to
    # Slack for a job that it no longer has.
    queue.put_off(session, until=utcnow() + queue.UNDER_WAY, but_not=ASK_A_MODEL)
    workspace = contacts.only_workspace(session)
    if workspace is not None:
        jobs.enqueue(
            session,
            workspace_id=workspace.id,
            kind=Kind.MEMBERSHIP,
            dedupe_key=f"membership:restored {now.isoformat()}",
            urgency=Urgency.CLICK,
        )
    return left
