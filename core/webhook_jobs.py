"""What the sending of webhooks reads and writes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core import alarms
from core.metrics import count
from core.text import clean
from core.webhooks import PING
from storage.repositories import tickets, triage, webhooks
from storage.tables import Job, Reply, Ticket, WebhookDelivery, WebhookEndpoint, utcnow

ERROR_LIMIT = 500


@dataclass(frozen=True)
class ToSend:
    """Where an event goes, and what is told of it: the ticket as it is now.

    ``ticket`` is None for a ping, ``reply`` for what is about none.
    """

    endpoint: WebhookEndpoint
    event: str
    at: str
    ticket: Ticket | None = None
    reply: Reply | None = None

    @property
    def is_ping(self) -> bool:
        """Whether somebody only wants to see that something arrives."""
        return self.event == PING


@dataclass(frozen=True)
class Try:
    """What came of one try: the status that was answered, None without an answer.

    ``error`` is None where the endpoint took the event. ``retry_after`` is in how many seconds it
    wants to be tried again, where it said so.
    """

    status: int | None
    duration_ms: int
    error: str | None = None
    retry_after: float | None = None


def to_send(session: Session, *, job: Job) -> ToSend | None:
    """Return what a job sends; None where it must not be sent any more.

    The endpoint was removed or disabled, or the ticket became private.
    """
    payload: dict[str, Any] = job.payload
    endpoint = webhooks.endpoint(
        session, workspace_id=job.workspace_id, endpoint_id=int(payload["endpoint_id"])
    )
    if endpoint is None or endpoint.disabled_at is not None:
        return None
    event, at = str(payload["event"]), str(payload["at"])
    if job.ticket_id is None:
        return ToSend(endpoint, event, at)
    ticket = tickets.by_number(session, workspace_id=job.workspace_id, number=job.ticket_id)
    if ticket is None or (ticket.private and not endpoint.private):
        return None
    reply_id = payload.get("reply_id")
    reply = triage.reply(session, reply_id=int(reply_id)) if reply_id is not None else None
    return ToSend(endpoint, event, at, ticket, reply)


def message_id(job: Job) -> str:
    """Return what the receiver knows the event by, in each try the same."""
    return f"msg_{job.message_key}"


def note(session: Session, *, job: Job, tried: Try) -> None:
    """Write what came of a try into the log, if the endpoint is still there."""
    count(session, "webhook_tries", outcome="taken" if tried.error is None else "failed")
    endpoint_id = int(job.payload["endpoint_id"])
    if webhooks.endpoint(session, workspace_id=job.workspace_id, endpoint_id=endpoint_id) is None:
        return
    session.add(
        WebhookDelivery(
            workspace_id=job.workspace_id,
            endpoint_id=endpoint_id,
            ticket_id=job.ticket_id,
            message_id=message_id(job),
            event=str(job.payload["event"]),
            attempt=job.attempts,
            status=tried.status,
            duration_ms=tried.duration_ms,
            error=clean(tried.error, ERROR_LIMIT) if tried.error is not None else None,
        )
    )


def gone(session: Session, *, job: Job, tried: Try) -> None:
    """Send there no more: the endpoint said that it is gone for good."""
    endpoint = _locked(session, job)  # before the try, which refers to it: another one does, too
    note(session, job=job, tried=tried)
    _disable(session, endpoint, "it answered 410 Gone")


def given_up(session: Session, *, job: Job, reason: str) -> None:
    """Send there no more, unless it takes others: then it is this one event that it refuses."""
    since = job.started_at or job.created_at
    endpoint_id = int(job.payload["endpoint_id"])
    endpoint = _locked(session, job)  # by now all that it took is written
    if not webhooks.has_taken_any_since(session, endpoint_id=endpoint_id, moment=since):
        _disable(session, endpoint, f"it took nothing for 24 hours; the last try: {reason}")


def _disable(session: Session, endpoint: WebhookEndpoint | None, reason: str) -> None:
    if endpoint is None or endpoint.disabled_at is not None:
        return
    endpoint.disabled_at = utcnow()
    endpoint.disabled_reason = clean(reason, ERROR_LIMIT)
    alarms.webhook_disabled(session, endpoint=endpoint)


def _locked(session: Session, job: Job) -> WebhookEndpoint | None:
    return webhooks.locked(
        session, workspace_id=job.workspace_id, endpoint_id=int(job.payload["endpoint_id"])
    )
