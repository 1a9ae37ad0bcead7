"""Somebody opened the app's Home."""

from typing import Any

from bot.parts import Parts
from core import announce


async def opened(parts: Parts, body: dict[str, Any]) -> None:
    """Have it published as it is now; the other tab, Messages, needs nothing."""
    event = body["event"]
    if event.get("tab") == "home":
        await parts.desk.run(
            announce.home_due,
            workspace_id=parts.installation.workspace_id,
            user_id=event["user"],
            slot=str(event["event_ts"]),
        )
