"""What a payload says that somebody tried, for the audit: names of ours, never their words."""

from typing import Any

from bot.ids import Target
from bot.listeners.commands import grammar
from core.audit import Surface


def attempt(body: dict[str, Any]) -> tuple[Surface, str]:
    """Return the surface, and the name of what was used there."""
    if body.get("command"):
        return Surface.COMMAND, grammar.verb_of(str(body.get("text") or "")) or "new"
    match body.get("type"):
        case "block_actions":
            return Surface.BUTTON, _used(body["actions"][0])
        case "view_submission":
            return Surface.FORM, str(body["view"]["callback_id"])
        case "message_action" | "shortcut":
            return Surface.SHORTCUT, str(body["callback_id"])
        case _:
            return Surface.EVENT, str(body["event"]["type"])


def _used(action: dict[str, Any]) -> str:
    """The element, and in a menu what was chosen."""
    if action["type"] != "overflow":
        return str(action["action_id"])
    return Target.parse(action["selected_option"]["value"]).verb
