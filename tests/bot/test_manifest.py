"""The manifest asks for what the code needs, and for no more."""

import ast
from pathlib import Path
from typing import Any

import yaml

from bot import ids, listeners
from bot.manifest import over_http

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])
EVENTS = set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])

# https://docs.slack.dev/reference/methods: for public channels, private ones and direct messages,
# as far as the desk uses the method there.
METHODS: dict[str, set[str]] = {
    "apps_connections_open": set(),  # the app-level token's
    "auth_test": set(),
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_members": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "reactions_add": {"reactions:write"},
    "reactions_remove": {"reactions:write"},
    "files_completeUploadExternal": {"files:write"},
    "files_delete": {"files:write"},
    "files_getUploadURLExternal": {"files:write"},
    "files_info": {"files:read"},
    "usergroups_list": {"usergroups:read"},
    "usergroups_users_list": {"usergroups:read"},
    "users_conversations": {"channels:read", "groups:read"},
    "users_info": {"users:read"},
    "users_list": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
# https://docs.slack.dev/reference/events
HEARD: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "reaction_added": {"reactions:read"},
    "subteam_members_changed": {"usergroups:read"},
}
# https://docs.slack.dev/reference/scopes/commands: slash commands and shortcuts
SURFACES = {"commands"}


# What else the clients have, the one of the socket among them.
NO_METHODS = {
    "base_url",
    "is_connected",
    "on_message_listeners",
    "socket_mode_request_listeners",
    "web_client",
}


def called() -> set[str]:
    """Return the Web API methods that the code names: ``client.<method>``, however it is held."""
    return {
        node.attr
        for path in sorted((ROOT / "bot").rglob("*.py"))
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and _is_client(node.value) and "_" in node.attr
    } - NO_METHODS


def _is_client(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in {"client", "_client", "web_client"}


def test_every_method_that_is_called_has_its_scope() -> None:
    assert called() == METHODS.keys()
    for scopes in METHODS.values():
        assert scopes <= SCOPES


def test_every_event_is_heard_and_every_listener_has_its_event() -> None:
    assert HEARD.keys() == EVENTS
    assert {event.partition(".")[0] for event in EVENTS} == listeners.EVENTS.keys()


def test_no_scope_is_asked_for_without_need() -> None:
    needed = SURFACES.union(*METHODS.values(), *HEARD.values())
    assert needed == SCOPES


def test_commands_and_shortcuts() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert {each["command"] for each in commands} == listeners.COMMANDS.keys()
    assert all(each["should_escape"] for each in commands)
    assert {each["callback_id"] for each in shortcuts} == listeners.SHORTCUTS.keys()
    assert all(len(each["name"]) <= 24 for each in shortcuts)
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
    assert MANIFEST["settings"]["socket_mode_enabled"]


def test_over_http_slack_knows_where_to_send_everything() -> None:
    made = over_http(MANIFEST, "https://desk.example/")
    url = "https://desk.example/slack/events"
    assert {each["url"] for each in made["features"]["slash_commands"]} == {url}
    settings = made["settings"]
    assert settings["event_subscriptions"]["request_url"] == url
    assert settings["interactivity"]["request_url"] == url
    assert not settings["socket_mode_enabled"]
    # Nothing else differs, and the one that it was made of is left as it was.
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert made["oauth_config"] == MANIFEST["oauth_config"]
    assert set(settings["event_subscriptions"]["bot_events"]) == EVENTS


def test_every_button_has_a_listener() -> None:
    """Every ``action_id`` of the card, the receipt and the Home is one of the table's."""
    used = set()
    for name in ("card", "home", "invitation", "receipt"):
        tree = ast.parse((ROOT / "bot" / "blocks" / f"{name}.py").read_text(encoding="utf-8"))
        used |= {
            getattr(ids, node.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "ids"
        }
    behind_the_dots = {ids.EDIT, ids.REGENERATE, ids.CLAIM, ids.NOT_A_TICKET, ids.TAKE_BACK}
    of_the_whole_ticket = {ids.HAND_OVER, ids.MAKE_PRIVATE}
    assert used - behind_the_dots - of_the_whole_ticket == listeners.ACTIONS.keys()
