"""What the commands about webhooks do, and what they say."""

import asyncio
from collections.abc import Sequence

from humanize import naturaltime
from sqlalchemy.orm import Session

from bot.database import reading, workspace_in, writing
from bot.webhooks.network import look
from core import webhooks
from core.settings import DatabaseSettings
from storage.tables import WebhookDelivery, WebhookEndpoint

SHOWN_DELIVERIES = 20


def add(settings: DatabaseSettings, url: str, events: Sequence[str], *, private: bool) -> list[str]:
    """Add an endpoint; return what to tell, with the secret that is never shown again."""
    to_private = settings.webhooks_to_private_addresses
    asyncio.run(look(url, to_private=to_private))
    with writing(settings) as session:
        endpoint = webhooks.add(
            session,
            workspace_id=_workspace_id(session),
            url=url,
            events=events,
            private=private,
            to_private=to_private,
        )
    return [
        f"Webhook {endpoint.id} is told of {', '.join(endpoint.events)}.",
        f"Its secret, which is shown this once: {endpoint.secret}",
        f"Try it: ticketloop webhook ping {endpoint.id}",
    ]


def listed(settings: DatabaseSettings) -> list[str]:
    """Return a line or two for each endpoint."""
    with reading(settings) as session:
        found = webhooks.listed(session, workspace_id=_workspace_id(session))
    if not found:
        return ["There is no webhook. Add one: ticketloop webhook add https://…"]
    return [line for each in found for line in _shown(each)]


def remove(settings: DatabaseSettings, number: int) -> str:
    """Remove an endpoint; return what to tell."""
    with writing(settings) as session:
        webhooks.remove(session, workspace_id=_workspace_id(session), endpoint_id=number)
    return f"Webhook {number} is gone, and its log with it."


def enable(settings: DatabaseSettings, number: int) -> str:
    """Switch an endpoint on again; return what to tell."""
    with writing(settings) as session:
        webhooks.enable(session, workspace_id=_workspace_id(session), endpoint_id=number)
    return f"Webhook {number} is told of what happens from now on."


def ping(settings: DatabaseSettings, number: int) -> str:
    """Have something harmless sent there; return what to tell."""
    with writing(settings) as session:
        webhooks.ping(session, workspace_id=_workspace_id(session), endpoint_id=number)
    return (
        f"The desk sends {webhooks.PING} to webhook {number} as soon as it runs. "
        f"What came of it: ticketloop webhook deliveries {number}"
    )


def deliveries(settings: DatabaseSettings, number: int) -> list[str]:
    """Return a line for each of the last tries, the newest first."""
    with reading(settings) as session:
        found = webhooks.deliveries(
            session,
            workspace_id=_workspace_id(session),
            endpoint_id=number,
            limit=SHOWN_DELIVERIES,
        )
    return [_line(each) for each in found] or [f"Nothing was sent to webhook {number} yet."]


def _workspace_id(session: Session) -> int:
    return workspace_in(session).id


def _shown(endpoint: WebhookEndpoint) -> list[str]:
    scope = ", private tickets too" if endpoint.private else ""
    lines = [f"{endpoint.id}  {endpoint.url}", f"   {', '.join(endpoint.events)}{scope}"]
    if endpoint.disabled_at is not None:
        lines.append(f"   disabled {naturaltime(endpoint.disabled_at)}: {endpoint.disabled_reason}")
    return lines


def _line(tried: WebhookDelivery) -> str:
    what = f"{tried.event} #{tried.ticket_id}" if tried.ticket_id is not None else tried.event
    return (
        f"{tried.created_at:%Y-%m-%d %H:%M:%S}  {tried.message_id}  {what}, try {tried.attempt}: "
        f"{tried.status or 'no answer'} in {tried.duration_ms} ms"
        + (f", {tried.error}" if tried.error is not None else "")
    )
