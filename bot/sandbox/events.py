"""The Events API: what happens in the workspace, told to the bot as far as it may hear it."""

import secrets
import time
from collections.abc import Callable, Iterable

from bot.sandbox.delivery import Delivery
from bot.sandbox.ids import new_id
from bot.sandbox.manifest import Manifest
from bot.sandbox.objects import message_object, view_object
from bot.sandbox.records import Change, Channel, Json, Message
from bot.sandbox.workspace import Workspace

_MESSAGE_EVENTS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class Events:
    """Turns changes of the workspace into `event_callback` payloads and has them delivered.

    An event that is not subscribed, whose scope is missing, or from a channel the bot is not
    in stays untold. https://docs.slack.dev/apis/events-api
    """

    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        delivery: Delivery,
        url: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._delivery = delivery
        self._url = url
        workspace.changes.subscribe(self._tell)

    def send(self, event: Json, *, subscription: str | None = None) -> bool:
        """Deliver any event by hand; False when the app is not subscribed to it."""
        if not self._manifest.hears(subscription or event["type"]):
            return False
        self._delivery.send_event(self._callback(event))
        return True

    def _tell(self, change: Change) -> None:
        if not self._url():  # nothing is served yet: the workspace is still being set up
            return
        channel = self._workspace.channels.get(change.channel or "")
        if channel and self._workspace.bot.id not in channel.members:
            return
        for subscription, event in self._events(change, channel):
            self.send(event, subscription=subscription)

    def _events(self, change: Change, channel: Channel | None) -> Iterable[tuple[str, Json]]:
        if change.kind == "usergroup":
            yield from self._usergroup(change)
        if channel is None:
            return
        if change.kind in ("message", "message_changed", "message_deleted"):
            yield from self._message(change, channel)
        elif change.kind in ("reaction_added", "reaction_removed") and change.message:
            yield change.kind, self._reaction(change, change.message)
        elif change.kind in ("member_joined_channel", "member_left_channel"):
            yield change.kind, self._membership(change, channel)
        elif change.kind == "app_home_opened":
            yield change.kind, self._home(change)

    def _message(self, change: Change, channel: Channel) -> Iterable[tuple[str, Json]]:
        place = {"channel": channel.id, "channel_type": channel.kind}
        name = _MESSAGE_EVENTS[channel.kind]
        if change.kind == "message" and change.message:
            event = self._body(change.message) | place | {"event_ts": change.ts}
            yield name, event
            mention = f"<@{self._workspace.bot.id}>"
            if mention in change.message.text and not channel.is_im and not change.message.bot_id:
                yield "app_mention", _without(event, "channel_type") | {"type": "app_mention"}
            return
        if change.previous is None:
            return
        now = self._workspace.timestamps.next()
        event = {"type": "message", "subtype": change.kind, "hidden": True} | place
        event |= {"ts": now, "event_ts": now, "previous_message": self._body(change.previous)}
        if change.message:
            event["message"] = self._body(change.message)
        else:
            event["deleted_ts"] = change.ts
        yield name, event

    def _body(self, message: Message) -> Json:
        return message_object(self._workspace, message, url=self._url())

    def _reaction(self, change: Change, message: Message) -> Json:
        return {
            "type": change.kind,
            "user": change.user,
            "reaction": change.detail,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self._workspace.timestamps.next(),
        }

    def _membership(self, change: Change, channel: Channel) -> Json:
        event: Json = {
            "type": change.kind,
            "user": change.user,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": self._workspace.team_id,
            "event_ts": self._workspace.timestamps.next(),
        }
        return event | ({"inviter": change.inviter} if change.inviter else {})

    def _home(self, change: Change) -> Json:
        event: Json = {
            "type": "app_home_opened",
            "user": change.user,
            "channel": change.channel,
            "tab": change.detail,
            "event_ts": self._workspace.timestamps.next(),
        }
        home = self._workspace.views.homes.get(change.user or "")
        if change.detail == "home" and home:
            event["view"] = view_object(self._workspace, home)
        return event

    def _usergroup(self, change: Change) -> Iterable[tuple[str, Json]]:
        if change.usergroup is None or not (change.added or change.removed):
            return
        now = int(time.time())
        event: Json = {
            "type": "subteam_members_changed",
            "subteam_id": change.usergroup.id,
            "team_id": self._workspace.team_id,
            "date_previous_update": now,
            "date_update": now,
            "added_users": list(change.added),
            "added_users_count": len(change.added),
            "removed_users": list(change.removed),
            "removed_users_count": len(change.removed),
            "event_ts": self._workspace.timestamps.next(),
        }
        yield "subteam_members_changed", event

    def _callback(self, event: Json) -> Json:
        workspace = self._workspace
        channel = workspace.channels.get(str(event.get("channel", "")))
        return {
            "token": "sandbox-verification-token",
            "team_id": workspace.team_id,
            "context_team_id": workspace.team_id,
            "context_enterprise_id": None,
            "api_app_id": workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": workspace.team_id,
                    "user_id": workspace.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
            "event_context": f"4-{secrets.token_urlsafe(24)}",
        }


def _without(body: Json, key: str) -> Json:
    return {name: value for name, value in body.items() if name != key}
