"""The modal that shows a ticket: opened, and true again after each thing that was done in it."""

from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.models.views import View
from sqlalchemy.exc import SQLAlchemyError

from bot import ids
from bot.blocks.ticket_view import only_notice, ticket_view
from bot.ids import Target
from bot.parts import Parts
from core import facts
from core.errors import Refusal

log = structlog.get_logger(__name__)


async def open_ticket(parts: Parts, body: dict[str, Any]) -> None:
    """Show the ticket, of which the card shows no more than the number."""
    number = Target.parse(body["actions"][0]["value"]).number
    await parts.open_form(body, await _view(parts, number, body["user"]["id"]))


def refresh(parts: Parts, body: dict[str, Any], notice: str = "") -> bool:
    """Bring the modal up to date in which that was done, and say in it what the person must know.

    Returns whether there is one. Best effort, after the acknowledgement.
    """
    shown = _shown(body)
    if shown is None:
        return False
    view_id, number = shown
    parts.background.start(_update(parts, view_id, number, body["user"]["id"], notice))
    return True


def _shown(body: dict[str, Any]) -> tuple[str, int] | None:
    """Return the modal that was clicked in, or that a form was opened from, and its ticket."""
    view = body.get("view") or {}
    if body.get("type") == "block_actions" and view.get("callback_id") == ids.TICKET_VIEW:
        return view["id"], Target.parse(view["private_metadata"]).number
    if body.get("type") == "view_submission" and view.get("previous_view_id"):
        return view["previous_view_id"], Target.parse(view["private_metadata"]).number
    return None


async def _update(parts: Parts, view_id: str, number: int, user_id: str, notice: str) -> None:
    try:
        view = await _view(parts, number, user_id, notice)
    except Refusal as error:
        view = only_notice(number, notice or str(error))
    except SQLAlchemyError as error:
        log.warning("a modal was not brought up to date", error=type(error).__name__)
        return
    try:
        await parts.client.views_update(view_id=view_id, view=view)
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
        # Most likely the person closed it.
        log.info("a modal was not brought up to date", error=type(error).__name__)


async def _view(parts: Parts, number: int, user_id: str, notice: str = "") -> View:
    shown = await parts.desk.run(
        facts.for_agent, installation=parts.installation, number=number, by=user_id
    )
    return ticket_view(
        shown,
        categories=parts.settings.categories,
        link=parts.installation.link(shown.ticket),
        notice=notice,
    )
