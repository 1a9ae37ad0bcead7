"""The channels, the user group and the agents."""

from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import channels, people
from bot.channels import Channel, Found
from bot.doctor.configuration import Given
from bot.doctor.finding import Finding, fail, ok, skipped
from bot.posting import Poster
from core.errors import ConfigurationError, Permanent, Transient
from core.installation import Installation
from core.settings import Settings

# So many people are looked at before it is enough to say that there are agents.
ENOUGH = 20
CHANNELS = ("TRIAGE_CHANNEL", "PRIVATE_TRIAGE_CHANNEL", "INTAKE_CHANNELS")


async def examine(
    poster: Poster, client: AsyncWebClient, given: Given, me: Mapping[str, Any]
) -> list[Finding]:
    """Look for all of them in Slack."""
    if because := given.lacks(*CHANNELS, "AGENT_USERGROUP"):
        return not_looked_at(because)
    settings = given.settings
    names = {name: setting for setting, listed in _named(settings).items() for name in listed}
    try:
        own = [each async for each in channels.of_bot(poster, client)]
        found = channels.among(own, list(names))
        unseen = found.missing(list(names))
        others = channels.among(
            [each async for each in channels.of_workspace(poster, client)] if unseen else [], unseen
        )
    except (Transient, Permanent) as error:
        return [fail("channels", str(error), "mend that, and run this again")]
    wrong = [_out_of_reach(names[name], name, others.named.get(name)) for name in unseen]
    wrong += [
        fail("channels", f"{each.setting} {each.says}", each.do)
        for each in channels.misfits(settings, found.named)
    ]
    fine = ok("channels", f"the bot is in {', '.join(names)}")
    return [*(wrong or [fine]), *await _agents(poster, client, settings, found, me)]


def not_looked_at(because: str) -> list[Finding]:
    """Return the findings where nothing here can be looked at."""
    return [skipped("channels", because), skipped("agents", because)]


def _named(settings: Settings) -> dict[str, list[str]]:
    private = settings.private_triage_channel
    return {
        "TRIAGE_CHANNEL": [settings.triage_channel],
        "PRIVATE_TRIAGE_CHANNEL": [private] if private else [],
        "INTAKE_CHANNELS": list(settings.intake_channels),
    }


def _out_of_reach(setting: str, name: str, channel: Channel | None) -> Finding:
    """Say why the bot does not work in a channel that it is not listed in."""
    if channel is None:
        return fail(
            "channels",
            f"{setting}: there is no channel {name}, or it is private and the bot is not in it",
            f"create it, or invite the bot there with /invite @Ticketloop, or change {setting}",
        )
    if channel.get("is_archived"):
        return fail(
            "channels", f"{setting}: {name} is archived", f"restore it, or change {setting}"
        )
    return fail(
        "channels",
        f"{setting}: the bot is not in {name}",
        "invite it: write /invite @Ticketloop in that channel",
    )


async def _agents(
    poster: Poster, client: AsyncWebClient, settings: Settings, found: Found, me: Mapping[str, Any]
) -> list[Finding]:
    triage, group = found.named.get(settings.triage_channel), settings.agent_usergroup
    if triage is None and group is None:
        return [skipped("agents", "they are the members of TRIAGE_CHANNEL")]
    try:
        usergroup = await channels.usergroup(poster, client, group) if group else None
        installation = Installation(
            workspace_id=0,
            team_id=str(me["team_id"]),
            bot_user_id=str(me["user_id"]),
            enterprise_id=me.get("enterprise_id"),
            triage_channel=str(triage["id"]) if triage else "",
            agent_usergroup=usergroup,
        )
        count, is_all = await _counted(poster, client, installation)
    except ConfigurationError as error:
        says, _, do = str(error).partition("; ")
        return [fail("agents", says, do)]
    except (Transient, Permanent) as error:
        return [fail("agents", str(error), "mend that, and run this again")]
    where = f"the user group {group}" if group else f"{settings.triage_channel}"
    if not count:
        return [
            fail(
                "agents",
                f"there are none: nobody in {where} is a full member of this workspace",
                f"add the people who answer to {where}",
            )
        ]
    return [ok("agents", f"{'' if is_all else 'at least '}{count}, who are in {where}")]


async def _counted(
    poster: Poster, client: AsyncWebClient, installation: Installation
) -> tuple[int, bool]:
    """Return how many may be agents, and whether everybody was looked at."""
    members = [
        each
        for each in await people.candidates(poster, client, installation)
        if each != installation.bot_user_id
    ]
    profiles = [
        await people.fetch_profile(poster, client, each, installation) for each in members[:ENOUGH]
    ]
    count = sum(not (each.is_guest or each.is_external) for each in profiles)
    return count, len(members) <= ENOUGH
