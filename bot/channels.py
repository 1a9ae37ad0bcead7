"""The channels that the settings name, found in Slack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.posting import Poster
from core.errors import ConfigurationError

PAGE = 200


async def usergroup(poster: Poster, client: AsyncWebClient, name: str) -> str:
    """Return the id of the user group of that id or handle.

    Raises:
        ConfigurationError: there is none.
        Transient, Permanent: see ``Poster.call``.
    """
    answer = await poster.call(client.usergroups_list)
    for group in answer.get("usergroups", []):
        if name in {group["id"], group["handle"]}:
            return str(group["id"])
    raise ConfigurationError(
        f"AGENT_USERGROUP: there is no active user group {name}; give its handle, such as "
        "@helpdesk, or its id, which begins with S"
    )


@dataclass(frozen=True)
class Found:
    """Slack's facts of channels by the id or ``#name`` that they were given by.

    ``private`` are the ids of all private channels that the bot is in.
    """

    named: dict[str, dict[str, Any]]
    private: frozenset[str]


async def find(poster: Poster, client: AsyncWebClient, names: Sequence[str]) -> Found:
    """Look through the bot's channels for those that have these ids or names.

    Raises:
        ConfigurationError: one is not there, or the bot is not in it.
        Transient, Permanent: see ``Poster.call``.
    """
    found: dict[str, dict[str, Any]] = {}
    private: set[str] = set()
    cursor = ""
    while True:
        # The bot's own channels only: few, where a workspace may have tens of thousands.
        page = await poster.call(
            client.users_conversations,
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=PAGE,
            **({"cursor": cursor} if cursor else {}),
        )
        for channel in page.get("channels", []):
            if channel.get("is_private"):
                private.add(str(channel["id"]))
            for name in names:
                if name in {channel["id"], f"#{channel['name']}", channel["name"]}:
                    found[name] = channel
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            break
    missing = [name for name in names if name not in found]
    if missing:
        raise ConfigurationError(
            f"The bot is in no channel {', '.join(missing)}: create it if it is not there, invite "
            "the bot with /invite @Ticketloop, or set TRIAGE_CHANNEL, PRIVATE_TRIAGE_CHANNEL and "
            "INTAKE_CHANNELS to others; then start again"
        )
    return Found(found, frozenset(private))
