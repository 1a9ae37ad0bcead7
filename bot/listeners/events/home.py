"""Somebody opened the app's Home."""

from typing import Any

from bot.parts import Parts
from core import home


async def opened(parts: Parts, body: dict[str, Any]) -> None:
    """Have it published as it is now; the other tab, Messages, needs nothing."""
    event = body["event"]
    if event["tab"] == "home":
        await parts.desk.run(
            home.due,
            installation=parts.installation,
            user_id=event["user"],
            slot=str(event["event_ts"]),
        )
