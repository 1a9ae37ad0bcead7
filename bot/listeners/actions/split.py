"""The button that makes a message that joined a ticket a ticket of its own."""

from typing import Any

from bot.listeners.actions.card import pressed
from bot.parts import Parts
from core import joining


async def split(parts: Parts, body: dict[str, Any]) -> None:
    """Make a new ticket of the message that joined last."""
    target, user_id = pressed(body)
    await parts.desk.run(
        joining.split,
        installation=parts.installation,
        number=target.number,
        message_id=target.item,
        user_id=user_id,
        card_delay=parts.card_delay,
    )
