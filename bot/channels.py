"""The channels that the settings name: found in Slack, and whether they will do."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.posting import Poster
from core.errors import ConfigurationError
from core.settings import Settings

PAGE = 200

Channel = dict[str, Any]
"""https://docs.slack.dev/reference/objects/conversation-object"""


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

    named: dict[str, Channel]
    private: frozenset[str]

    def missing(self, names: Sequence[str]) -> list[str]:
        """Return those names for which there is no channel."""
        return [name for name in names if name not in self.named]


async def find(poster: Poster, client: AsyncWebClient, names: Sequence[str]) -> Found:
    """Look through the bot's channels for those that have these ids or names.

    Raises:
        ConfigurationError: one is not there, or the bot is not in it.
        Transient, Permanent: see ``Poster.call``.
    """
    # The bot's own channels only: few, where a workspace may have tens of thousands.
    found = among([each async for each in of_bot(poster, client)], names)
    if missing := found.missing(names):
        raise ConfigurationError(
            f"The bot is in no channel {', '.join(missing)}: create it if it is not there, invite "
            "the bot with /invite @Ticketloop, or set TRIAGE_CHANNEL, PRIVATE_TRIAGE_CHANNEL and "
            "INTAKE_CHANNELS to others; then start again"
        )
    return found


async def of_bot(poster: Poster, client: AsyncWebClient) -> AsyncIterator[Channel]:
    """Give the channels that the bot is in.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    async for channel in _pages(poster, client.users_conversations, exclude_archived=True):
        yield channel


async def of_workspace(poster: Poster, client: AsyncWebClient) -> AsyncIterator[Channel]:
    """Give the channels that the bot may know of, archived ones too: in a large workspace, many.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    async for channel in _pages(poster, client.conversations_list, exclude_archived=False):
        yield channel


async def _pages(
    poster: Poster, method: Callable[..., Awaitable[AsyncSlackResponse]], **arguments: Any
) -> AsyncIterator[Channel]:
    cursor = ""
    while True:
        page = await poster.call(
            method,
            types="public_channel,private_channel",
            limit=PAGE,
            **arguments,
            **({"cursor": cursor} if cursor else {}),
        )
        for channel in page.get("channels", []):
            yield channel
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return


def among(channels: Iterable[Channel], names: Sequence[str]) -> Found:
    """Pick those that have these ids or names."""
    named: dict[str, Channel] = {}
    private: set[str] = set()
    for channel in channels:
        if channel.get("is_private"):
            private.add(str(channel["id"]))
        for name in names:
            if name in {channel["id"], f"#{channel['name']}", channel["name"]}:
                named[name] = channel
    return Found(named, frozenset(private))


@dataclass(frozen=True)
class Misfit:
    """Why a channel cannot serve as what ``setting`` makes of it, and what to do."""

    setting: str
    says: str
    do: str


def misfits(settings: Settings, named: Mapping[str, Channel]) -> Iterator[Misfit]:
    """Give all that speaks against the channels of the settings; one not found is passed over."""
    triage = named.get(settings.triage_channel)
    private = named.get(settings.private_triage_channel or "")
    taken = {named[name]["id"] for name in settings.intake_channels if name in named}
    another = "choose another channel"
    if triage is not None and triage["id"] in taken:
        yield Misfit("TRIAGE_CHANNEL", "must not be one of INTAKE_CHANNELS", another)
    if private is not None and private["id"] in {*taken, triage["id"] if triage else None}:
        yield Misfit(
            "PRIVATE_TRIAGE_CHANNEL",
            "must be neither TRIAGE_CHANNEL nor one of INTAKE_CHANNELS",
            another,
        )
    for name, channel in (("TRIAGE_CHANNEL", triage), ("PRIVATE_TRIAGE_CHANNEL", private)):
        if channel is not None and channel.get("is_ext_shared"):
            yield Misfit(
                name,
                "is shared with another organisation, whose people would read requests there",
                "choose a private channel of your own",
            )
    if private is not None and not private.get("is_private"):
        yield Misfit(
            "PRIVATE_TRIAGE_CHANNEL",
            "is a public channel, where everybody could read private tickets",
            "make it private, or choose another",
        )
    if triage is not None and not triage.get("is_private") and not settings.agent_usergroup:
        yield Misfit(
            "TRIAGE_CHANNEL",
            "is a public channel, so everybody could make themselves an agent",
            "make it private, or say in AGENT_USERGROUP which user group the agents are",
        )
