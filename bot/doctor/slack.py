"""Slack: does it take the tokens, does the app have its scopes, are the clocks together?"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import manifest
from bot.doctor.configuration import Given
from bot.doctor.finding import Finding, fail, ok, skipped, warn
from bot.posting import Poster, error_code
from core.errors import Permanent, Transient
from core.settings import Settings

# Slack refuses requests that are five minutes off, and so do we.
APART = 60
INSTALL_AGAIN = (
    "bring the app up to date with manifest.yml (api.slack.com/apps, App Manifest), then install "
    "it again (Install App)"
)


async def who_am_i(
    poster: Poster, client: AsyncWebClient, settings: Settings, refused: list[str]
) -> tuple[AsyncSlackResponse | None, list[Finding]]:
    """Ask ``auth.test``; ``refused`` gets Slack's word where it takes the token no more."""
    try:
        me = await poster.answer(client.auth_test)
    except (Transient, Permanent) as error:
        do = (
            "put the Bot User OAuth Token of your app into SLACK_BOT_TOKEN (api.slack.com/apps, "
            "OAuth & Permissions)"
            if refused
            else f"look whether {settings.slack_api_url} can be reached from here, or mend "
            "SLACK_API_URL"
        )
        name = "SLACK_BOT_TOKEN" if refused else "Slack"
        because = "Slack does not say who the bot is"
        return None, [
            fail("bot_token", f"{name}: {error}", do),
            skipped("scopes", because),
            skipped("clock", because),
        ]
    headers = {name.lower(): str(value) for name, value in me.headers.items()}
    team, user = me.get("team"), me.get("user")
    return me, [
        ok("bot_token", f"the bot is {user} in the workspace {team}"),
        scopes(headers),
        clock(headers, datetime.now(UTC)),
    ]


def scopes(headers: Mapping[str, str]) -> Finding:
    """Compare those of the token with those of the manifest."""
    if "x-oauth-scopes" not in headers:
        return skipped("scopes", "Slack did not name those of the token")
    has = {each.strip() for each in headers["x-oauth-scopes"].split(",") if each.strip()}
    needs = manifest.bot_scopes()
    if missing := sorted(needs - has):
        return fail("scopes", f"the app lacks {', '.join(missing)}", INSTALL_AGAIN)
    if spare := sorted(has - needs):
        return warn("scopes", f"the app has more than it needs: {', '.join(spare)}", INSTALL_AGAIN)
    return ok("scopes", f"the app has all {len(needs)}")


def clock(headers: Mapping[str, str], now: datetime) -> Finding:
    """Compare this machine's with Slack's."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return skipped("clock", "Slack did not tell the time")
    apart = round(abs((now - theirs).total_seconds()))
    if apart > APART:
        return warn(
            "clock",
            f"this machine's clock is {apart} s off Slack's, which refuses what is signed at "
            "another time",
            "let it be set over the network (timedatectl set-ntp true)",
        )
    return ok("clock", f"within {APART} s of Slack's")


async def app_token(client: AsyncWebClient, given: Given) -> Finding | None:
    """Ask for a socket, which is not opened."""
    token = given.settings.slack_app_token
    if token is None:
        return None
    if because := given.lacks("SLACK_APP_TOKEN"):
        return skipped("app_token", because)
    try:
        await client.apps_connections_open(app_token=token.get_secret_value())
    except SlackApiError as error:
        says = f"SLACK_APP_TOKEN: Slack answers {error_code(error) or 'nothing of use'} to it"
        do = (
            "give it the scope connections:write (Basic Information, App-Level Tokens) and switch "
            "Socket Mode on"
        )
        return fail("app_token", says, do)
    except (aiohttp.ClientError, TimeoutError) as error:
        says = f"Slack did not answer apps.connections.open ({type(error).__name__})"
        return fail("app_token", says, "look whether SLACK_API_URL can be reached from here")
    return ok("app_token", "Slack gives it a socket")


def signing_secret(given: Given) -> Finding | None:
    """It cannot be tried without Slack's help; say where Slack must reach the desk."""
    settings = given.settings
    if settings.slack_signing_secret is None:
        return None
    if because := given.lacks("SLACK_SIGNING_SECRET"):
        return skipped("signing_secret", because)
    if not re.fullmatch(r"[0-9a-f]{32}", settings.slack_signing_secret.get_secret_value()):
        return warn(
            "signing_secret",
            "SLACK_SIGNING_SECRET does not look like one: 32 digits and letters from a to f",
            "copy it from Basic Information of your app",
        )
    return ok(
        "signing_secret",
        f"Slack must reach {manifest.EVENTS_PATH} at {settings.host}:{settings.port} of this "
        "machine, over HTTPS",
    )


def identity(me: AsyncSlackResponse) -> dict[str, Any]:
    """Return the answer of ``auth.test`` as plain data."""
    return me.data if isinstance(me.data, dict) else {}
