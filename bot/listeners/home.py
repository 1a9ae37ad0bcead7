"""The app's Home, true again after each thing that was done in it, or in a modal above it."""

from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.parts import Parts
from core import announce

log = structlog.get_logger(__name__)


def refresh(parts: Parts, body: dict[str, Any], notice: str = "") -> bool:
    """Have the person's Home published anew, and say in it what they must know.

    Returns whether they look at it. Best effort, after the acknowledgement. Which modals were
    opened from a Home Slack does not say: after each of them it is published.
    """
    view = body.get("view") or {}
    is_home = view.get("type") == "home"
    if view and (is_home or not notice):
        parts.background.start(_due(parts, body, notice))
    return is_home


async def _due(parts: Parts, body: dict[str, Any], notice: str) -> None:
    try:
        await parts.desk.run(
            announce.home_due,
            workspace_id=parts.installation.workspace_id,
            user_id=body["user"]["id"],
            slot=str(body["trigger_id"]),
            notice=notice,
        )
    except SQLAlchemyError as error:
        log.warning("a home was not brought up to date", error=type(error).__name__)
