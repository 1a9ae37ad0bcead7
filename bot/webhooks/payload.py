"""What an endpoint is told, in the form that Standard Webhooks describes."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from bot.api import answers
from core.contacts import name_of
from core.installation import Installation
from core.webhook_jobs import ToSend
from storage.tables import Reply


class ReplyShown(BaseModel):
    """An answer to the requester. ``text`` is null once it was taken back."""

    id: int
    text: str | None
    approved_by: str
    approved_at: datetime
    taken_back_at: datetime | None


class Envelope(BaseModel):
    """Type, time and data of an event; ``timestamp`` is when it happened.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """

    type: str
    timestamp: datetime
    data: dict[str, Any]


def body_of(sending: ToSend, installation: Installation) -> str:
    """Return the body that is signed and sent. A ticket is shown as the API shows it."""
    data: dict[str, Any] = {}
    if sending.ticket is None:
        data["webhook"] = sending.endpoint.id
    else:
        data["ticket"] = answers.ticket(sending.ticket, installation=installation)
    if sending.reply is not None:
        data["reply"] = _reply(sending.reply)
    at = datetime.fromisoformat(sending.at)
    return Envelope(type=sending.event, timestamp=at, data=data).model_dump_json()


def _reply(reply: Reply) -> ReplyShown:
    return ReplyShown(
        id=reply.id,
        text=reply.text if reply.taken_back_at is None else None,
        approved_by=name_of(reply.approved_by),
        approved_at=reply.approved_at,
        taken_back_at=reply.taken_back_at,
    )
