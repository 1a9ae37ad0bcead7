"""What Slack says of people."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.posting import Poster
from core.contacts import Profile
from core.installation import Installation

PAGE = 200


async def fetch_profile(
    poster: Poster, client: AsyncWebClient, user_id: str, installation: Installation
) -> Profile:
    """Ask Slack who a person is.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    answer = await poster.call(client.users_info, user=user_id)
    return _profile(answer["user"], installation)


def _profile(user: dict[str, Any], installation: Installation) -> Profile:
    """https://docs.slack.dev/reference/objects/user-object"""
    shown = user.get("profile", {})
    names = (shown.get("real_name"), user.get("real_name"), shown.get("display_name"))
    name = next((str(each) for each in names if each), str(user.get("name", "")))
    # In an Enterprise organisation one person's team differs between workspaces.
    elsewhere = user.get("team_id", installation.team_id) != installation.team_id and not user.get(
        "enterprise_user"
    )
    return Profile(
        user_id=str(user["id"]),
        name=name,
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_external=bool(
            user.get("is_stranger") or (elsewhere and not user.get("enterprise_user"))
        ),
        is_bot=bool(user.get("is_bot") or user.get("deleted")),
    )


async def fetch_agents(
    poster: Poster, client: AsyncWebClient, installation: Installation
) -> list[Profile]:
    """Ask Slack for the people in the triage channel, bots and deactivated ones left out.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    members: list[str] = []
    cursor = ""
    while True:
        page = await poster.call(
            client.conversations_members,
            channel=installation.triage_channel,
            limit=PAGE,
            **({"cursor": cursor} if cursor else {}),
        )
        members += page.get("members", [])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            break
    profiles = [
        await fetch_profile(poster, client, member, installation)
        for member in members
        if member != installation.bot_user_id
    ]
    return [profile for profile in profiles if not profile.is_bot]
