"""What Slack says of people."""

from functools import partial
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.posting import Poster
from core import contacts
from core.contacts import Profile
from core.desk import Desk
from core.errors import Permanent
from core.installation import Installation
from core.jobs import Closing
from storage.tables import utcnow

log = structlog.get_logger(__name__)

PAGE = 200
PAGE_OF_ALL = 1_000


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
    return Profile(
        user_id=str(user["id"]),
        name=name,
        # A bot in the triage channel is no agent either.
        is_guest=any(user.get(each) for each in ("is_restricted", "is_ultra_restricted", "is_bot")),
        is_external=bool(user.get("is_stranger")) or not _is_ours(user, installation),
        is_admin=bool(user.get("is_admin") or user.get("is_owner")),
    )


def _is_ours(user: dict[str, Any], installation: Installation) -> bool:
    """Whether the person is of this workspace, or of the organisation that it belongs to."""
    organisation = user.get("enterprise_user", {}).get("enterprise_id")
    if organisation is not None:
        return bool(organisation == installation.enterprise_id)
    return bool(user.get("team_id", installation.team_id) == installation.team_id)


async def page_of_admins(
    poster: Poster, client: AsyncWebClient, *, cursor: str
) -> tuple[list[str], str]:
    """Return the admins and owners on one page of the workspace's people, and the next cursor.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    page = await poster.call(
        client.users_list, limit=PAGE_OF_ALL, **({"cursor": cursor} if cursor else {})
    )
    admins = [
        str(user["id"])
        for user in page.get("members", [])
        if (user.get("is_admin") or user.get("is_owner"))
        and not (user.get("is_bot") or user.get("deleted"))
    ]
    return admins, str(page.get("response_metadata", {}).get("next_cursor", ""))


async def refresh_agents(
    poster: Poster, client: AsyncWebClient, desk: Desk, installation: Installation
) -> Closing:
    """Ask Slack who the agents are and who sees private tickets; return what writes it.

    Agents are the members of the user group of the settings, or else of the triage channel. Only
    those are asked about whom the desk does not know well, and what Slack said of one is kept even
    if it does not answer for the next.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    as_of = utcnow()
    members = [
        member
        for member in await candidates(poster, client, installation)
        if member != installation.bot_user_id
    ]
    private = installation.private_triage_channel
    in_private = await _members(poster, client, private) if private is not None else []
    known = await desk.read(contacts.known_well, installation=installation, user_ids=members)
    for member in members:
        if member in known:
            continue
        try:
            profile = await fetch_profile(poster, client, member, installation)
        except Permanent as error:
            log.warning(
                "Slack does not say who one of the agents is",
                user=member,
                error=str(error),
            )
            continue
        await desk.run(contacts.learn, installation=installation, profile=profile)
    return partial(
        contacts.set_agents,
        installation=installation,
        user_ids=members,
        in_private=in_private,
        as_of=as_of,
    )


async def candidates(
    poster: Poster, client: AsyncWebClient, installation: Installation
) -> list[str]:
    """Return who is an agent unless they are a guest, a bot or from outside.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    if installation.agent_usergroup is None:
        return await _members(poster, client, installation.triage_channel)
    answer = await poster.call(client.usergroups_users_list, usergroup=installation.agent_usergroup)
    return [str(user_id) for user_id in answer.get("users", [])]


async def _members(poster: Poster, client: AsyncWebClient, channel: str) -> list[str]:
    members: list[str] = []
    cursor = ""
    while True:
        page = await poster.call(
            client.conversations_members,
            channel=channel,
            limit=PAGE,
            **({"cursor": cursor} if cursor else {}),
        )
        members += page.get("members", [])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return members
