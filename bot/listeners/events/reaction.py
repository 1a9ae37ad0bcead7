"""Somebody put an emoji to a message."""

from typing import Any

from bot.parts import Parts
from core import pointing
from core.pointing import Reaction


async def added(parts: Parts, body: dict[str, Any]) -> None:
    """Open a ticket of the message if it is the emoji for that.

    https://docs.slack.dev/reference/events/reaction_added
    """
    event = body["event"]
    item = event["item"]
    if item["type"] != "message":
        return
    author = event.get("item_user")
    await parts.desk.run(
        pointing.reacted,
        installation=parts.installation,
        reaction=Reaction(
            name=str(event["reaction"]),
            user_id=str(event["user"]),
            channel=str(item["channel"]),
            ts=str(item["ts"]),
            author=str(author) if author else None,
        ),
        card_delay=parts.card_delay,
    )
