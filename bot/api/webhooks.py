"""Webhooks over the API: who is told of events, and what came of it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field, StringConstraints

from bot.api.acting import Admin, FromParts
from bot.api.answers import Shown
from bot.api.problems import documented
from bot.api.requests import LARGEST_ID, Sent
from bot.webhooks.network import look
from core import contacts, rights, webhooks
from core.addresses import LONGEST_URL
from core.caller import Scope
from core.tokens import MissingScope
from core.webhooks import Event, NotForThem
from storage.tables import Contact


async def _holder(parts: FromParts, caller: Admin) -> Contact:
    """Return whose the token is. Who is no agent any more manages no webhooks either."""
    return await parts.desk.read(contacts.agent, installation=parts.installation, by=caller)


FOR_ADMINS = Depends(_holder)
Holder = Annotated[Contact, FOR_ADMINS]

router = APIRouter(tags=["webhooks"], dependencies=[FOR_ADMINS])

Endpoint = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The webhook's number.")]
MOST_DELIVERIES = 100


class NewWebhook(Sent):
    """An address that is to be told; of everything, unless ``events`` says of what."""

    url: Annotated[str, StringConstraints(max_length=LONGEST_URL)] = Field(
        examples=["https://example.com/hooks"]
    )
    events: list[Event] = Field(default_factory=list, max_length=len(Event))
    private: bool = Field(False, description="Private tickets, too; needs the scope private.")


class WebhookShown(Shown):
    """An endpoint. ``disabled_at`` and ``disabled_reason`` say why nothing is sent there."""

    id: int
    url: str
    events: list[str]
    private: bool
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None


class WebhookMade(WebhookShown):
    """A new endpoint. ``secret`` signs what is sent there, and is shown this once."""

    secret: str


class DeliveryShown(Shown):
    """One try. ``status`` is null where no answer came, ``error`` where the event was taken."""

    id: int
    message_id: str
    event: str
    ticket_id: int | None
    attempt: int
    status: int | None
    duration_ms: int
    error: str | None
    created_at: datetime


@router.post(
    "/webhooks",
    status_code=201,
    summary="Add a webhook",
    responses=documented(409, 413, 415),
)
async def add_webhook(
    parts: FromParts, caller: Admin, holder: Holder, body: NewWebhook
) -> WebhookMade:
    """Have an address told of events. The answer is the only one that shows the secret."""
    if body.private and not caller.sees_private:
        raise MissingScope(Scope.PRIVATE)
    if body.private and not rights.sees_private(holder, parts.installation):
        raise NotForThem
    to_private = parts.settings.webhooks_to_private_addresses
    await look(body.url, to_private=to_private)
    endpoint = await parts.desk.run(
        webhooks.add,
        workspace_id=parts.installation.workspace_id,
        url=body.url,
        events=body.events,
        private=body.private,
        to_private=to_private,
    )
    return WebhookMade.model_validate(endpoint)


@router.get("/webhooks", summary="List the webhooks", responses=documented())
async def list_webhooks(parts: FromParts) -> list[WebhookShown]:
    """Return all of them, the oldest first. There are 20 at most."""
    found = await parts.desk.read(webhooks.listed, workspace_id=parts.installation.workspace_id)
    return [WebhookShown.model_validate(each) for each in found]


@router.delete(
    "/webhooks/{number}",
    status_code=204,
    summary="Remove a webhook",
    responses=documented(404),
)
async def remove_webhook(parts: FromParts, number: Endpoint) -> None:
    """Send nothing there any more; its log goes with it."""
    await parts.desk.run(
        webhooks.remove, workspace_id=parts.installation.workspace_id, endpoint_id=number
    )


@router.post(
    "/webhooks/{number}/enable",
    summary="Switch a webhook on again",
    responses=documented(404, 409, 413, 415),
)
async def enable_webhook(parts: FromParts, number: Endpoint) -> WebhookShown:
    """Send there again, from now on."""
    endpoint = await parts.desk.run(
        webhooks.enable, workspace_id=parts.installation.workspace_id, endpoint_id=number
    )
    return WebhookShown.model_validate(endpoint)


@router.post(
    "/webhooks/{number}/ping",
    status_code=202,
    summary="Send a test",
    responses=documented(404, 409, 413, 415),
)
async def ping_webhook(parts: FromParts, number: Endpoint) -> None:
    """Send ``webhook.ping`` there, once; the log says what came of it."""
    await parts.desk.run(
        webhooks.ping, workspace_id=parts.installation.workspace_id, endpoint_id=number
    )


@router.get(
    "/webhooks/{number}/deliveries",
    summary="Read what was sent",
    responses=documented(404),
)
async def list_deliveries(
    parts: FromParts,
    caller: Admin,
    holder: Holder,
    number: Endpoint,
    limit: Annotated[int, Query(ge=1, le=MOST_DELIVERIES)] = 20,
) -> list[DeliveryShown]:
    """Return the last tries, the newest first; each is kept for 30 days."""
    found = await parts.desk.read(
        webhooks.deliveries,
        workspace_id=parts.installation.workspace_id,
        endpoint_id=number,
        limit=limit,
        with_private=rights.has_private(caller, holder, installation=parts.installation),
    )
    return [DeliveryShown.model_validate(each) for each in found]
