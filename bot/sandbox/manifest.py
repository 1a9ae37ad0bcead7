"""What the app is allowed to do and to hear, read from its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Any one of the scopes will do; https://docs.slack.dev/reference/events
EVENT_SCOPES: Mapping[str, frozenset[str]] = {
    "app_home_opened": frozenset(),
    "app_mention": frozenset({"app_mentions:read"}),
    "app_rate_limited": frozenset(),
    "app_uninstalled": frozenset(),
    "assistant_thread_context_changed": frozenset({"assistant:write"}),
    "assistant_thread_started": frozenset({"assistant:write"}),
    "channel_archive": frozenset({"channels:read"}),
    "channel_rename": frozenset({"channels:read"}),
    "entity_details_requested": frozenset(),
    "file_shared": frozenset({"files:read"}),
    "function_executed": frozenset(),
    "group_archive": frozenset({"groups:read"}),
    "link_shared": frozenset({"links:read"}),
    "member_joined_channel": frozenset({"channels:read", "groups:read"}),
    "member_left_channel": frozenset({"channels:read", "groups:read"}),
    "message.channels": frozenset({"channels:history"}),
    "message.groups": frozenset({"groups:history"}),
    "message.im": frozenset({"im:history"}),
    "reaction_added": frozenset({"reactions:read"}),
    "reaction_removed": frozenset({"reactions:read"}),
    "subteam_members_changed": frozenset({"usergroups:read"}),
    "team_join": frozenset({"users:read"}),
    "tokens_revoked": frozenset(),
    "user_change": frozenset({"users:read"}),
}


@dataclass(frozen=True)
class Command:
    """A slash command; with `should_escape`, mentions in its text arrive as ids."""

    name: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class Shortcut:
    """A shortcut; `type` is `message` or `global`."""

    callback_id: str
    type: str
    name: str = ""


@dataclass(frozen=True)
class Manifest:
    """The parts of an app manifest that decide what Slack delivers and allows.

    https://docs.slack.dev/reference/app-manifest
    """

    app_name: str = "Ticketloop"
    scopes: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    commands: Mapping[str, Command] = field(default_factory=dict)
    shortcuts: Mapping[str, Shortcut] = field(default_factory=dict)
    socket_mode: bool = True
    interactivity: bool = True
    home_tab: bool = False
    messages_tab: bool = True

    @classmethod
    def read(cls, source: "Manifest | Path | str | Mapping[str, Any]") -> "Manifest":
        """From a YAML or JSON file, or from a dict of the same shape."""
        if isinstance(source, Manifest):
            return source
        if isinstance(source, (str, Path)):
            return cls._parse(yaml.safe_load(Path(source).read_text(encoding="utf-8")))
        return cls._parse(source)

    @classmethod
    def _parse(cls, data: Mapping[str, Any]) -> "Manifest":
        features = data.get("features") or {}
        settings = data.get("settings") or {}
        home = features.get("app_home") or {}
        oauth = data.get("oauth_config") or {}
        commands = [
            Command(
                item["command"],
                item.get("description", ""),
                item.get("usage_hint", ""),
                bool(item.get("should_escape")),
            )
            for item in features.get("slash_commands") or ()
        ]
        shortcuts = [
            Shortcut(item["callback_id"], item["type"], item.get("name", ""))
            for item in features.get("shortcuts") or ()
        ]
        return cls(
            app_name=(data.get("display_information") or {}).get("name", "Ticketloop"),
            scopes=frozenset((oauth.get("scopes") or {}).get("bot") or ()),
            events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or ()),
            commands={command.name: command for command in commands},
            shortcuts={shortcut.callback_id: shortcut for shortcut in shortcuts},
            socket_mode=bool(settings.get("socket_mode_enabled")),
            interactivity=bool((settings.get("interactivity") or {}).get("is_enabled")),
            home_tab=bool(home.get("home_tab_enabled")),
            messages_tab=bool(home.get("messages_tab_enabled", True)),
        )

    def hears(self, event: str) -> bool:
        """Whether this event (`message.channels`, `reaction_added`) reaches the app at all."""
        needed = EVENT_SCOPES.get(event)
        if event not in self.events or needed is None:
            return False
        return not needed or bool(needed & self.scopes)
