"""Somebody joined or left a channel or the agents' user group; the bot is invited."""

from typing import Any

from bot.parts import Parts
from core import announce, channels, contacts


async def joined(parts: Parts, body: dict[str, Any]) -> None:
    """Have the list of agents fetched anew, which also tells who is a guest.

    Where the bot itself was invited to another channel, it introduces itself there.
    """
    installation, event = parts.installation, body["event"]
    if event["user"] == installation.bot_user_id and not installation.is_triage(event["channel"]):
        await parts.desk.run(
            channels.bot_joined,
            installation=installation,
            channel=event["channel"],
            # https://docs.slack.dev/reference/events/member_joined_channel: G is a private one
            is_private=event.get("channel_type") == "G",
            slot=str(event.get("event_ts") or body["event_id"]),
        )
    if not installation.is_triage(event["channel"]):
        return
    await parts.desk.run(
        contacts.membership_due, installation=installation, slot=str(body["event_id"])
    )
    if event["user"] == installation.bot_user_id:
        # While the bot was out, cards could be neither posted nor updated.
        await parts.desk.run(announce.outdated_cards_due, workspace_id=installation.workspace_id)


async def left(parts: Parts, body: dict[str, Any]) -> None:
    """Take away at once what the person could do or see because they were there."""
    installation, event, slot = parts.installation, body["event"], str(body["event_id"])
    if event["channel"] == installation.private_triage_channel:
        await parts.desk.run(
            contacts.left_private, installation=installation, user_id=event["user"], slot=slot
        )
    elif event["channel"] == installation.triage_channel and not installation.agent_usergroup:
        await parts.desk.run(
            contacts.left_agents, installation=installation, user_ids=[event["user"]], slot=slot
        )


async def usergroup_changed(parts: Parts, body: dict[str, Any]) -> None:
    """Follow who is in the user group of the agents."""
    event = body["event"]
    if event["subteam_id"] == parts.installation.agent_usergroup:
        await parts.desk.run(
            contacts.left_agents,
            installation=parts.installation,
            user_ids=event.get("removed_users") or [],
            slot=str(body["event_id"]),
        )
