"""The buttons by which somebody chooses what becomes a ticket in a channel."""

from typing import Any

from bot.parts import Parts
from core import channels
from core.modes import Mode


async def chosen(parts: Parts, body: dict[str, Any]) -> None:
    """Set what becomes a ticket in the channel of the message."""
    action = body["actions"][0]
    await parts.desk.run(
        channels.choose,
        installation=parts.installation,
        channel=body["channel"]["id"],
        ts=body["message"]["ts"],
        mode=Mode(action["value"]),
        user_id=body["user"]["id"],
        click=action["action_ts"],
    )
