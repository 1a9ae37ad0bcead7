"""One call of a Web API method: its arguments, and what it works on."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.manifest import Manifest
from bot.sandbox.methods.facts import FACTS
from bot.sandbox.records import Channel, Json
from bot.sandbox.socket_mode import SocketHub
from bot.sandbox.triggers import Triggers
from bot.sandbox.workspace import Workspace

_SCOPE_FAMILIES = {"channel": "channels", "group": "groups", "im": "im"}


@dataclass(frozen=True)
class Context:
    """What methods work on. `url` is the server's own address."""

    workspace: Workspace
    manifest: Manifest
    triggers: Triggers
    sockets: SocketHub
    url: Callable[[], str]


@dataclass(frozen=True)
class Call:
    """A method's arguments; a form gives them as text, JSON as what they are."""

    method: str
    args: Json
    context: Context

    @property
    def workspace(self) -> Workspace:
        return self.context.workspace

    def text(self, name: str) -> str:
        """An argument as text, empty when it is missing."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1")

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """An argument that is JSON, or JSON in a text; None when missing or empty.

        Raises SlackError `error` when it cannot be parsed.
        """
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as malformed:
            raise SlackError(error) from malformed

    def listing(self, name: str, error: str) -> list[Json] | None:
        """An argument that is a JSON array of objects. Raises SlackError `error` if it is not."""
        value = self.structure(name, error)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise SlackError(error)
        return value

    def require_scope(self, *scopes: str) -> None:
        """Raises SlackError `missing_scope` unless the app has one of them."""
        provided = self.context.manifest.scopes
        if scopes and not set(scopes) & provided:
            raise SlackError(
                "missing_scope", needed=",".join(scopes), provided=",".join(sorted(provided))
            )

    def channel(self, name: str = "channel", *, member: bool = False) -> Channel:
        """The channel of this id, if the bot may see it and its kind's scope is granted.

        With `member` the bot must be in it. Raises SlackError `channel_not_found`,
        `missing_scope`, `not_in_channel`.
        """
        channel = self.workspace.channel(self.text(name))
        inside = self.workspace.bot.id in channel.members
        if not inside and (channel.is_private or channel.is_im):
            raise SlackError("channel_not_found")
        family = _SCOPE_FAMILIES[channel.kind]
        kinds = [scope for scope in FACTS[self.method].scopes if "{kind}" in scope]
        self.require_scope(*(scope.format(kind=family) for scope in kinds))
        if member and not inside:
            raise SlackError("not_in_channel")
        return channel

    def kinds(self) -> set[str]:
        """The kinds of channel asked for by `types`, each with its scope granted."""
        families = {"public_channel": "channel", "private_channel": "group", "im": "im"}
        asked = [part.strip() for part in (self.text("types") or "public_channel").split(",")]
        if not set(asked) <= {*families, "mpim"}:
            raise SlackError("invalid_types")
        kinds = {families[part] for part in asked if part in families}
        for kind in sorted(kinds):
            self.require_scope(f"{_SCOPE_FAMILIES[kind]}:read")
        return kinds
