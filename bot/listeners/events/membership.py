"""Somebody joined or left the triage channel: agents come and go."""

from typing import Any

from bot.parts import Parts
from core import announce, contacts


async def joined(parts: Parts, body: dict[str, Any]) -> None:
    """Have the list of agents fetched anew, which also tells who is a guest."""
    installation, event = parts.installation, body["event"]
    if event["channel"] != installation.triage_channel:
        return
    await parts.desk.run(
        contacts.membership_due, installation=installation, slot=str(body["event_id"])
    )
    if event["user"] == installation.bot_user_id:
        # While the bot was out, cards could be neither posted nor updated.
        await parts.desk.run(announce.outdated_cards_due, workspace_id=installation.workspace_id)


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
