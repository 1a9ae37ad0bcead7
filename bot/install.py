"""What the desk finds out at its start: where it works, and who its agents are."""

from datetime import timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot import channels, people
from bot.channels import Found
from bot.posting import Poster
from bot.prompts import register_all
from core import announce, contacts
from core.desk import Desk
from core.errors import ConfigurationError, Permanent, Transient
from core.installation import Installation
from core.modes import Rules
from core.settings import Settings
from storage.repositories import contacts as contact_rows
from storage.tables import utcnow

log = structlog.get_logger(__name__)


async def install(
    settings: Settings, desk: Desk, client: AsyncWebClient, poster: Poster
) -> Installation:
    """Find everything, and have done what an earlier run could not do.

    Raises:
        ConfigurationError: the token, a channel or a prompt is not usable, or Slack is away.
    """
    try:
        installation = await _find(settings, desk, client, poster)
    except Transient as error:
        raise ConfigurationError(
            f"Slack at {settings.slack_api_url} cannot be used now: {error}; start again when it "
            "can, or mend SLACK_API_URL or SLACK_BOT_TOKEN"
        ) from None
    except Permanent as error:
        raise ConfigurationError(f"SLACK_BOT_TOKEN: {error}") from None
    if settings.role.takes_events:
        await _gather_agents(desk, client, poster, installation)
    await register_all(desk, settings)
    if settings.role.does_jobs:
        await desk.run(announce.outdated_cards_due, workspace_id=installation.workspace_id)
    return installation


async def _find(
    settings: Settings, desk: Desk, client: AsyncWebClient, poster: Poster
) -> Installation:
    me = await poster.call(client.auth_test)
    private_name, group_name = settings.private_triage_channel, settings.agent_usergroup
    names = [settings.triage_channel, *settings.intake_channels]
    found = await channels.find(poster, client, [*names, *([private_name] if private_name else [])])
    triage = found.named[settings.triage_channel]
    private = found.named[private_name] if private_name else None
    intake = [found.named[name] for name in settings.intake_channels]
    for misfit in channels.misfits(settings, found.named):
        raise ConfigurationError(f"{misfit.setting} {misfit.says}: {misfit.do}")
    group = await channels.usergroup(poster, client, group_name) if group_name else None
    workspace = await desk.run(
        contact_rows.workspace_of, team_id=str(me["team_id"]), name=str(me.get("team", ""))
    )
    return Installation(
        workspace_id=workspace.id,
        team_id=str(me["team_id"]),
        bot_user_id=str(me["user_id"]),
        url=str(me.get("url") or "https://slack.com/"),
        enterprise_id=me.get("enterprise_id"),
        triage_channel=str(triage["id"]),
        intake_channels={str(each["id"]): str(each["name"]) for each in intake},
        private_triage_channel=str(private["id"]) if private is not None else None,
        agent_usergroup=group,
        private_channels=found.private,
        rules=_rules(settings, found),
    )


def _rules(settings: Settings, found: Found) -> Rules:
    return Rules(
        modes={
            str(found.named[name]["id"]): mode for name, mode in settings.intake_channels.items()
        },
        emoji=settings.ticket_emoji,
        bots=frozenset(settings.intake_bots),
        group_window=timedelta(seconds=settings.group_window),
        most_requests=settings.requests_per_10_minutes,
        receipts_per_minute=settings.receipts_per_minute,
        rush_window=timedelta(minutes=1) * settings.pace_scale,
    )


async def _gather_agents(
    desk: Desk, client: AsyncWebClient, poster: Poster, installation: Installation
) -> None:
    """Fill in who the agents are; if Slack cannot say it now, start with those of the last run."""
    try:
        await desk.run(await people.refresh_agents(poster, client, desk, installation))
    except (Transient, Permanent) as error:
        log.warning("Slack does not say who the agents are; trying again", error=str(error))
        slot = f"start {utcnow().isoformat()}"
        await desk.run(contacts.membership_due, installation=installation, slot=slot)
