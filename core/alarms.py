"""What agents cannot mend is told to the workspace's admins, once a day and reason.

Tickets whose cards cannot be shown, and webhooks that are not sent to any more.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b

from sqlalchemy.orm import Session

from core.errors import UnknownTicket
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from storage.repositories import tickets
from storage.tables import WebhookEndpoint, utcnow


@dataclass(frozen=True)
class Alarm:
    """What went wrong where; a search for admins is at ``cursor``, the ``page``-th of them.

    ``slot`` is the same for all that is told once. ``webhook`` is the number of one, which then has
    no channel.
    """

    slot: str
    channel: str
    reason: str
    webhook: int | None = None
    cursor: str = ""
    page: int = 0


def card_given_up(
    session: Session, *, installation: Installation, number: int, reason: str
) -> None:
    """Have the admins told that the card of a ticket could not be posted or updated."""
    ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    channel = installation.card_place(ticket)
    mark = blake2b(reason.encode(), digest_size=8).hexdigest()
    slot = f"{utcnow():%Y-%m-%d}:{channel}:{mark}"
    _search(session, installation.workspace_id, Alarm(slot, channel, reason))


def webhook_disabled(session: Session, *, endpoint: WebhookEndpoint) -> None:
    """Have the admins told that nothing is sent to this endpoint any more."""
    slot = f"{utcnow():%Y-%m-%d}:webhook:{endpoint.id}"
    reason = endpoint.disabled_reason or ""
    _search(session, endpoint.workspace_id, Alarm(slot, "", reason, webhook=endpoint.id))


def admins_found(
    session: Session,
    *,
    installation: Installation,
    alarm: Alarm,
    admins: Sequence[str],
    next_cursor: str,
) -> None:
    """Have each of these admins told, and the search go on where there are more people."""
    for user_id in admins:
        enqueue(
            session,
            workspace_id=installation.workspace_id,
            kind=Kind.NOTICE,
            dedupe_key=f"notice:{alarm.slot}:{user_id}",
            urgency=Urgency.REPLY,
            payload={
                "user_id": user_id,
                "channel": alarm.channel,
                "reason": alarm.reason,
                "webhook": alarm.webhook,
            },
        )
    if next_cursor:
        further = replace(alarm, cursor=next_cursor, page=alarm.page + 1)
        _search(session, installation.workspace_id, further)


def _search(session: Session, workspace_id: int, alarm: Alarm) -> None:
    # A page is a job: in a workspace of many thousands Slack's limit would else begin it anew.
    enqueue(
        session,
        workspace_id=workspace_id,
        kind=Kind.ALARM,
        dedupe_key=f"alarm:{alarm.slot}:{alarm.page}",
        urgency=Urgency.REPLY,
        payload=asdict(alarm),
    )


def waiting(session: Session, *, installation: Installation, channel: str) -> int:
    """Return how many tickets' cards are missing in that channel or out of date."""
    return tickets.count_outdated_cards(
        session,
        workspace_id=installation.workspace_id,
        channel=channel,
        private_channel=installation.private_triage_channel,
    )
