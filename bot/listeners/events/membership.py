"""Somebody joined or left the triage channel: agents come and go."""

from typing import Any

from bot.parts import Parts
from core import contacts


async def joined(parts: Parts, body: dict[str, Any]) -> None:
    """Have the list of agents fetched anew, which also tells who is a guest."""
    if body["event"]["channel"] == parts.installation.triage_channel:
        await parts.desk.run(
            contacts.membership_due, installation=parts.installation, slot=str(body["event_id"])
        )


async def left(parts: Parts, body: dict[str, Any]) -> None:
    """Take the rights of an agent away at once."""
    event = body["event"]
    if event["channel"] == parts.installation.triage_channel:
        await parts.desk.run(
            contacts.left_triage,
            installation=parts.installation,
            user_id=event["user"],
            slot=str(body["event_id"]),
        )
