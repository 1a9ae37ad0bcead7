"""The app's manifest, as another kind of delivery needs it."""

from copy import deepcopy
from typing import Any

EVENTS_PATH = "/slack/events"


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
