"""Webhooks: which endpoints there are, and of which events they are told."""

import secrets
from base64 import b64encode
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from core.addresses import check_url
from core.errors import Denied, NothingToDo, Refusal
from core.jobs import Kind, Urgency, enqueue
from storage.repositories import webhooks
from storage.tables import Ticket, WebhookDelivery, WebhookEndpoint, utcnow

MOST_ENDPOINTS = 20
SECRET_BYTES = 32
KEPT = timedelta(days=30)
PRUNED_AT_ONCE = 1_000
PING = "webhook.ping"


class Event(StrEnum):
    """What an endpoint may be told of."""

    CREATED = "ticket.created"
    TRIAGED = "ticket.triaged"
    REPLIED = "ticket.replied"
    RESOLVED = "ticket.resolved"
    REOPENED = "ticket.reopened"
    HANDED_OVER = "ticket.handed_over"


# What the audit calls it. Everything that is told is audited, so that there is one place for both.
_EVENT_OF = {
    "opened": Event.CREATED,
    "triaged": Event.TRIAGED,
    "approved": Event.REPLIED,
    "answered": Event.REPLIED,
    "resolved": Event.RESOLVED,
    "reopened": Event.REOPENED,
    "handed_over": Event.HANDED_OVER,
}


class UnknownEndpoint(Refusal):
    """There is no such webhook."""

    def __init__(self, endpoint_id: int) -> None:
        super().__init__(f"There is no webhook {endpoint_id}.")


class UnknownEvent(Refusal):
    """Nothing is called that."""

    field = "events"


class NotForThem(Denied):
    """Whoever asks is told of no private tickets, so no endpoint of theirs is."""

    def __init__(self) -> None:
        super().__init__(
            "Only agents in the channel of private tickets can have a webhook told of them."
        )


class TooManyEndpoints(Refusal):
    """Each event would become too many jobs."""

    def __init__(self) -> None:
        super().__init__(f"There are {MOST_ENDPOINTS} webhooks already. Remove one first.")


def add(
    session: Session,
    *,
    workspace_id: int,
    url: str,
    events: Collection[str] = (),
    private: bool = False,
    to_private: bool = False,
) -> WebhookEndpoint:
    """Add an endpoint; its ``secret`` is to be shown now and never again.

    No ``events`` means all of them. With ``private`` it is told of private tickets, too. Whoever
    can ask the network has looked before where the address leads, unless ``to_private``.

    Raises:
        UnusableAddress, UnknownEvent, TooManyEndpoints: see there.
    """
    check_url(url, to_private=to_private)
    if unknown := sorted(set(events) - set(Event)):
        known = ", ".join(Event)
        raise UnknownEvent(f"There is no event {unknown[0]!r}. There are: {known}.")
    if webhooks.count(session, workspace_id=workspace_id) >= MOST_ENDPOINTS:
        raise TooManyEndpoints
    endpoint = WebhookEndpoint(
        workspace_id=workspace_id,
        url=url,
        events=[each for each in Event if each in events or not events],
        private=private,
        # https://www.standardwebhooks.com: at least 24 random bytes, in base64 behind this prefix
        secret="whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode(),
    )
    session.add(endpoint)
    session.flush()
    return endpoint


def listed(session: Session, *, workspace_id: int) -> Sequence[WebhookEndpoint]:
    """Return every endpoint, the oldest first."""
    return webhooks.listed(session, workspace_id=workspace_id)


def found(session: Session, *, workspace_id: int, endpoint_id: int) -> WebhookEndpoint:
    """Return the endpoint.

    Raises:
        UnknownEndpoint: there is none.
    """
    endpoint = webhooks.endpoint(session, workspace_id=workspace_id, endpoint_id=endpoint_id)
    if endpoint is None:
        raise UnknownEndpoint(endpoint_id)
    return endpoint


def remove(session: Session, *, workspace_id: int, endpoint_id: int) -> None:
    """Delete the endpoint with its log; what still waits to be sent there is dropped.

    Raises:
        UnknownEndpoint: there is none.
    """
    session.delete(found(session, workspace_id=workspace_id, endpoint_id=endpoint_id))


def enable(session: Session, *, workspace_id: int, endpoint_id: int) -> WebhookEndpoint:
    """Send there again, from now on: what happened meanwhile is not told.

    Raises:
        UnknownEndpoint: there is none.
        NothingToDo: it is enabled.
    """
    endpoint = found(session, workspace_id=workspace_id, endpoint_id=endpoint_id)
    if endpoint.disabled_at is None:
        raise NothingToDo(f"Webhook {endpoint_id} is enabled already.")
    endpoint.disabled_at = endpoint.disabled_reason = None
    return endpoint


def ping(session: Session, *, workspace_id: int, endpoint_id: int) -> None:
    """Send a ``webhook.ping`` there, once; what came of it is in the log.

    Raises:
        UnknownEndpoint: there is none.
        NothingToDo: it is disabled.
    """
    endpoint = found(session, workspace_id=workspace_id, endpoint_id=endpoint_id)
    if endpoint.disabled_at is not None:
        raise NothingToDo(f"Webhook {endpoint_id} is disabled. Enable it first.")
    now = utcnow()
    enqueue(
        session,
        workspace_id=workspace_id,
        kind=Kind.WEBHOOK,
        dedupe_key=f"webhook:{endpoint_id}:ping:{secrets.token_hex(8)}",
        urgency=Urgency.UPDATE,
        payload={"endpoint_id": endpoint_id, "event": PING, "at": now.isoformat()},
    )


def deliveries(
    session: Session,
    *,
    workspace_id: int,
    endpoint_id: int,
    limit: int,
    with_private: bool = True,
) -> Sequence[WebhookDelivery]:
    """Return the last tries to send there, the newest first; of private tickets ``with_private``.

    Raises:
        UnknownEndpoint: there is none.
    """
    found(session, workspace_id=workspace_id, endpoint_id=endpoint_id)
    return webhooks.deliveries(
        session, endpoint_id=endpoint_id, limit=limit, with_private=with_private
    )


def tell(
    session: Session,
    ticket: Ticket,
    *,
    action: str,
    event_id: int,
    at: datetime,
    reply_id: int | None,
) -> None:
    """Have every endpoint told that wants to know of it. ``action`` is the audit's word.

    One job for each, which shows the ticket as it will be then. The ticket is locked, so that an
    endpoint hears of it in the order in which things happened.
    """
    event = _EVENT_OF.get(action)
    if event is None:
        return
    for endpoint in _listening(session, ticket.workspace_id):
        if event not in endpoint.events or (ticket.private and not endpoint.private):
            continue
        enqueue(
            session,
            workspace_id=ticket.workspace_id,
            kind=Kind.WEBHOOK,
            dedupe_key=f"webhook:{endpoint.id}:{event_id}",
            urgency=Urgency.UPDATE,
            ticket=ticket,
            lane=f"webhook:{endpoint.id}:{ticket.id}",
            pace=f"webhook:{endpoint.id}",
            payload={
                "endpoint_id": endpoint.id,
                "event": event,
                "at": at.isoformat(),
                **({"reply_id": reply_id} if reply_id is not None else {}),
            },
        )


def _listening(session: Session, workspace_id: int) -> Sequence[WebhookEndpoint]:
    """Return the endpoints, read once in a transaction however much happens in it."""
    if "webhooks" not in session.info:
        session.info["webhooks"] = webhooks.active(session, workspace_id=workspace_id)
    listening: Sequence[WebhookEndpoint] = session.info["webhooks"]
    return listening


def prune(session: Session) -> int:
    """Forget tries that are over 30 days old; return how many, 1,000 at most."""
    return webhooks.prune(session, older_than=utcnow() - KEPT, limit=PRUNED_AT_ONCE)
