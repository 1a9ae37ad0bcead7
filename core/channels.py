"""The channels that the bot is in: what becomes a ticket there, and who chose it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from core import contacts
from core.contacts import PROFILE_FRESH, name_of
from core.errors import Denied
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.modes import Mode
from storage.repositories import contacts as rows
from storage.tables import Contact, Workspace, utcnow


class ChannelFacts(BaseModel):
    """What is known of one channel: an admin's choice, and whether it is private."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode | None = None
    chosen_by_id: int | None = None
    is_private: bool = False


class NotAnAdmin(Denied):
    """Somebody chose for a channel who may not, or of whom Slack has not told yet that they may."""

    def __init__(self, *, is_known: bool, afterwards: Callable[[Session], None]) -> None:
        self.afterwards = afterwards
        who = "Only admins of the workspace and agents can choose this."
        hint = (
            "If you have just become one, try again in a moment."
            if is_known
            else "I am asking Slack whether you are one: try again in a moment."
        )
        super().__init__(f"{who} {hint}")


@dataclass(frozen=True)
class Invitation:
    """What the message in a channel says: what becomes a ticket there, and who chose that."""

    mode: Mode | None
    chosen_by: str | None
    emoji: str


def mode_of(session: Session, *, installation: Installation, channel: str) -> Mode | None:
    """Return which messages of the channel become tickets, or None where nobody chose any."""
    return _mode(_settings(session, installation), installation, channel)


def _mode(settings: Mapping[str, Any], installation: Installation, channel: str) -> Mode | None:
    return _facts(settings, channel).mode or _mode_by_settings(installation, channel)


def _mode_by_settings(installation: Installation, channel: str) -> Mode | None:
    if channel not in installation.intake_channels:
        return None
    return installation.rules.modes.get(channel, Mode.ALL)


def is_private(session: Session, *, installation: Installation, channel: str) -> bool:
    """Whether only the members of the channel know what is said there."""
    return (
        _was_private(installation, channel)
        or _facts(_settings(session, installation), channel).is_private
    )


def _was_private(installation: Installation, channel: str) -> bool:
    """Whether that was so when the desk was started."""
    return channel.startswith(("D", "G")) or channel in installation.private_channels


def public_ones(session: Session, *, installation: Installation) -> Sequence[str]:
    """Return the channels open to everybody in which each message becomes a ticket."""
    settings = _settings(session, installation)
    known = dict.fromkeys([*installation.intake_channels, *_channels(settings)])
    return [
        channel
        for channel in known
        if _mode(settings, installation, channel) is Mode.ALL
        and not _was_private(installation, channel)
        and not _facts(settings, channel).is_private
    ]


def bot_joined(
    session: Session, *, installation: Installation, channel: str, is_private: bool, slot: str
) -> None:
    """Have the bot introduce itself in a channel to which it was invited, once for each slot."""
    workspace = rows.locked_workspace(session, workspace_id=installation.workspace_id)
    _put(workspace, channel, is_private=is_private)
    invitation_due(session, installation=installation, channel=channel, slot=slot)


def invitation_due(
    session: Session, *, installation: Installation, channel: str, slot: str, ts: str | None = None
) -> None:
    """Have the message in the channel posted, or the one at ``ts`` say what holds now."""
    enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.INVITATION,
        dedupe_key=f"invitation:{channel}:{slot}",
        urgency=Urgency.CLICK,
        pace=f"post:{channel}" if ts is None else "update",
        payload={"channel": channel, "ts": ts},
    )


def invitation(session: Session, *, installation: Installation, channel: str) -> Invitation:
    """Return what the message in the channel says now."""
    facts = _facts(_settings(session, installation), channel)
    chooser = session.get(Contact, facts.chosen_by_id) if facts.chosen_by_id else None
    return Invitation(
        mode=facts.mode or _mode_by_settings(installation, channel),
        chosen_by=name_of(chooser) if chooser is not None else None,
        emoji=installation.rules.emoji,
    )


def choose(
    session: Session,
    *,
    installation: Installation,
    channel: str,
    ts: str,
    mode: Mode,
    user_id: str,
    click: str,
) -> None:
    """Set which messages of the channel become tickets; the message at ``ts`` comes to say so.

    Raises:
        NotAnAdmin: the person is neither an admin of the workspace nor an agent.
    """
    person = contacts.known(session, installation=installation, user_id=user_id)
    is_fresh = person.profile_at is not None and utcnow() - person.profile_at < PROFILE_FRESH
    if not person.is_agent and not (person.is_admin and is_fresh):
        raise NotAnAdmin(
            is_known=is_fresh,
            afterwards=partial(_ask_who, installation=installation, user_id=user_id),
        )
    workspace = rows.locked_workspace(session, workspace_id=installation.workspace_id)
    _put(workspace, channel, mode=mode, chosen_by_id=person.id)
    invitation_due(session, installation=installation, channel=channel, slot=click, ts=ts)


def _ask_who(session: Session, *, installation: Installation, user_id: str) -> None:
    """Have Slack asked whether somebody is an admin, who may have become one just now."""
    person = contacts.known(session, installation=installation, user_id=user_id)
    if person.profile_at is not None:
        contacts.profile_due(session, person, slot=f"{utcnow():%Y-%m-%dT%H:%M}")


def _settings(session: Session, installation: Installation) -> Mapping[str, Any]:
    return rows.settings_of(session, workspace_id=installation.workspace_id)


def _facts(settings: Mapping[str, Any], channel: str) -> ChannelFacts:
    return ChannelFacts.model_validate(_channels(settings).get(channel, {}))


def _channels(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    channels: Mapping[str, Any] = settings.get("channels", {})
    return channels


def _put(workspace: Workspace, channel: str, **changes: Any) -> None:
    facts = _facts(workspace.settings, channel).model_copy(update=changes)
    channels = {
        **_channels(workspace.settings),
        channel: facts.model_dump(mode="json", exclude_none=True),
    }
    workspace.settings = {**workspace.settings, "channels": channels}
