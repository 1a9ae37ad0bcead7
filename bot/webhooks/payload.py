"""What an endpoint is told, in the form that Standard Webhooks describes."""

from datetime import datetime
from typing import Any

from core.contacts import name_of
from core.webhook_jobs import ToSend
from storage.tables import Reply, Ticket


def payload_of(sending: ToSend) -> dict[str, Any]:
    """Return type, time and data of an event; the time is when it happened.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    if sending.ticket is None:
        data: dict[str, Any] = {"webhook": sending.endpoint.id}
    else:
        data = {"ticket": _ticket(sending.ticket)}
    if sending.reply is not None:
        data["reply"] = _reply(sending.reply)
    return {"type": sending.event, "timestamp": sending.at, "data": data}


def _ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "title": ticket.title,
        "status": ticket.status,
        "source": ticket.source,
        "external_id": ticket.external_id,
    }


def _reply(reply: Reply) -> dict[str, Any]:
    """What was approved; not any more where it was taken back."""
    is_there = reply.taken_back_at is None
    return {
        "id": reply.id,
        "text": reply.text if is_there else None,
        "approved_by": name_of(reply.approved_by),
        "approved_at": _iso(reply.approved_at),
        "taken_back_at": _iso(reply.taken_back_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
