"""The app's manifest: what Slack is to know of it, over Socket Mode or over HTTP."""

from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

EVENTS_PATH = "/slack/events"


def path() -> Path:
    """Return where it is: in the repository's root, and in a wheel beside the code."""
    package = Path(str(files("bot")))
    packed = package / "manifest.yml"
    return packed if packed.exists() else package.parent / "manifest.yml"


def read() -> dict[str, Any]:
    """Return it as it is published, for Socket Mode."""
    found: dict[str, Any] = yaml.safe_load(path().read_text(encoding="utf-8"))
    return found


def bot_scopes() -> frozenset[str]:
    """Return the scopes that the bot needs."""
    return frozenset(read()["oauth_config"]["scopes"]["bot"])


def over_http(manifest: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Return the manifest of an app that takes everything over HTTP, at that public address.

    https://docs.slack.dev/reference/app-manifest
    """
    url = base_url.rstrip("/") + EVENTS_PATH
    made = deepcopy(manifest)
    for command in made["features"]["slash_commands"]:
        command["url"] = url
    settings = made["settings"]
    settings["event_subscriptions"]["request_url"] = url
    settings["interactivity"]["request_url"] = url
    settings["socket_mode_enabled"] = False
    return made
