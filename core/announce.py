"""What people see of tickets in Slack follows each change of them."""

from datetime import timedelta

from sqlalchemy.orm import Session

from core.course import is_in_slack
from core.jobs import Kind, Urgency, enqueue, hasten
from storage.repositories import contacts, places, tickets
from storage.tables import Ticket, utcnow


def changed(
    session: Session, ticket: Ticket, *, urgency: Urgency = Urgency.CLICK, receipt: bool = False
) -> None:
    """Make the card due, and the receipt where its text changes too. The ticket is locked."""
    ticket.version += 1
    card_due(session, ticket, urgency=urgency)
    if receipt:
        receipt_due(session, ticket, urgency=Urgency.UPDATE)


def card_due(
    session: Session,
    ticket: Ticket,
    *,
    urgency: Urgency,
    delay: timedelta = timedelta(0),
) -> None:
    """Have the card in the triage channel show the ticket as it will be then."""
    place = "update" if ticket.card_ts else f"post:{ticket.card_channel}"
    _due(session, ticket, Kind.CARD, pace=place, urgency=urgency, delay=delay)


def receipt_due(
    session: Session, ticket: Ticket, *, urgency: Urgency, delay: timedelta = timedelta(0)
) -> None:
    """Have the requester's receipt show the ticket as it will be then, if they are in Slack."""
    if not is_in_slack(session, ticket):
        return
    pace = "update" if ticket.receipt_ts else f"post:{ticket.channel}" if ticket.channel else None
    _due(session, ticket, Kind.RECEIPT, pace=pace, urgency=urgency, delay=delay)


def emoji_due(
    session: Session,
    ticket: Ticket,
    *,
    name: str,
    channel: str,
    ts: str,
    slot: str,
    urgency: Urgency,
) -> None:
    """Have an emoji put under a message, once for each slot."""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.REACTION,
        dedupe_key=slot,
        urgency=urgency,
        ticket=ticket,
        pace="reaction",
        payload={"channel": channel, "ts": ts, "name": name},
    )


def _due(
    session: Session,
    ticket: Ticket,
    kind: Kind,
    *,
    pace: str | None,
    urgency: Urgency,
    delay: timedelta,
) -> None:
    lane = f"{kind}:{ticket.id}"
    at = utcnow() + delay
    is_first = ticket.version == 1  # nothing can be waiting yet
    if is_first or not hasten(session, lane=lane, kind=kind, at=at, urgency=urgency):
        enqueue(
            session,
            workspace_id=ticket.workspace_id,
            kind=kind,
            dedupe_key=f"{kind}:{ticket.id}:{ticket.version}",
            urgency=urgency,
            ticket=ticket,
            lane=lane,
            pace=pace,
            run_at=at,
        )


def home_due(
    session: Session,
    *,
    workspace_id: int,
    user_id: str,
    slot: str,
    urgency: Urgency = Urgency.CLICK,
    notice: str = "",
) -> None:
    """Have a person's Home published, once for each slot, with what they must be told on top.

    One that waits to be published already will show what holds by then.
    """
    lane = f"home:{user_id}"
    if not notice and hasten(session, lane=lane, kind=Kind.HOME, at=utcnow(), urgency=urgency):
        return
    enqueue(
        session,
        workspace_id=workspace_id,
        kind=Kind.HOME,
        dedupe_key=f"{lane}:{slot}",
        urgency=urgency,
        lane=lane,
        payload={"user_id": user_id, "notice": notice},
    )


def homes_due(session: Session, ticket: Ticket) -> None:
    """Have each Home published that may show of the ticket what must not be read there now."""
    for user_id in contacts.readers_of(session, ticket=ticket):
        home_due(
            session,
            workspace_id=ticket.workspace_id,
            user_id=user_id,
            slot=f"{ticket.id}:{ticket.version}",
            urgency=Urgency.UPDATE,
        )


def deleted_card_due(session: Session, *, workspace_id: int, channel: str, ts: str) -> None:
    """Have the card posted again that stood there, for somebody deleted it."""
    found = places.with_card(session, workspace_id=workspace_id, channel=channel, ts=ts)
    if found is None:
        return
    ticket = tickets.locked(session, workspace_id=workspace_id, number=found.id)
    if ticket is not None:
        changed(session, ticket, urgency=Urgency.CARD)


def outdated_cards_due(session: Session, *, workspace_id: int) -> None:
    """Have every card posted or updated that no job is left for, as one was given up."""
    for ticket in tickets.with_outdated_card(session, workspace_id=workspace_id):
        changed(session, ticket, urgency=Urgency.UPDATE)
