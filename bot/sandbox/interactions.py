"""Interaction payloads, as Slack sends them when a person does something.

https://docs.slack.dev/reference/interaction-payloads
"""

from collections.abc import Callable

from bot.sandbox.delivery import Ack, Delivery
from bot.sandbox.errors import RefusedError
from bot.sandbox.forms import initial_form
from bot.sandbox.manifest import Manifest
from bot.sandbox.objects import message_object, view_object
from bot.sandbox.records import Channel, Json, Message, View
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.triggers import Triggers
from bot.sandbox.workspace import Workspace

_TOKEN = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, trusted by nobody


class Interactions:
    """Builds the payloads with their trigger ids and response URLs, and has them delivered."""

    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        delivery: Delivery,
        triggers: Triggers,
        response_urls: ResponseUrls,
        url: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._delivery = delivery
        self._triggers = triggers
        self._response_urls = response_urls
        self._url = url

    async def command(self, user: str, channel: Channel, command: str, text: str) -> Ack:
        workspace = self._workspace
        payload: Json = {
            "token": _TOKEN,
            "api_app_id": workspace.app_id,
            "team_id": workspace.team_id,
            "team_domain": workspace.team_domain,
            "channel_id": channel.id,
            "channel_name": _channel_name(channel),
            "user_id": user,
            "user_name": workspace.person(user).name,
            "command": command,
            "text": text,
            "is_enterprise_install": "false",
            "response_url": self._response_urls.issue(channel.id, user),
            "trigger_id": self._triggers.issue(user),
        }
        return await self._delivery.send("slash_commands", payload)

    async def message_shortcut(self, user: str, callback_id: str, message: Message) -> Ack:
        channel = self._workspace.channel(message.channel)
        payload = self._payload("message_action", user) | {
            "callback_id": callback_id,
            "trigger_id": self._triggers.issue(user),
            "action_ts": self._workspace.timestamps.next(),
            "message_ts": message.ts,
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "message": self._message(message),
            "response_url": self._response_urls.issue(channel.id, user, message.ts),
        }
        return await self._send(payload)

    async def global_shortcut(self, user: str, callback_id: str) -> Ack:
        payload = self._payload("shortcut", user) | {
            "callback_id": callback_id,
            "trigger_id": self._triggers.issue(user),
            "action_ts": self._workspace.timestamps.next(),
        }
        return await self._send(payload)

    async def message_action(self, user: str, message: Message, entry: Json, values: Json) -> Ack:
        """Something in a message was used; an ephemeral message is not in its payload."""
        channel = self._workspace.channel(message.channel)
        hidden = message.ephemeral_to is not None
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": hidden,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._payload("block_actions", user) | {
            "container": container,
            "trigger_id": self._triggers.issue(user),
            "channel": {"id": channel.id, "name": _channel_name(channel)},
            "state": {"values": initial_form(message.all_blocks) | values},
            "response_url": self._response_urls.issue(channel.id, user, message.ts),
            "actions": [entry | {"action_ts": self._workspace.timestamps.next()}],
        }
        return await self._send(payload | ({} if hidden else {"message": self._message(message)}))

    async def view_action(self, view: View, entry: Json, values: Json) -> Ack:
        """Something in a modal or an App Home was used."""
        payload = self._payload("block_actions", view.user) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self._triggers.issue(view.user, view.id),
            "view": view_object(self._workspace, view, values),
            "actions": [entry | {"action_ts": self._workspace.timestamps.next()}],
        }
        return await self._send(payload)

    async def view_submission(self, view: View, values: Json) -> Ack:
        payload = self._payload("view_submission", view.user) | {
            "trigger_id": self._triggers.issue(view.user, view.id),
            "view": view_object(self._workspace, view, values),
            "response_urls": [],
        }
        return await self._send(payload)

    async def view_closed(self, view: View, *, is_cleared: bool) -> Ack:
        payload = self._payload("view_closed", view.user) | {
            "view": view_object(self._workspace, view),
            "is_cleared": is_cleared,
        }
        return await self._send(payload)

    def _payload(self, kind: str, user: str) -> Json:
        person = self._workspace.person(user)
        return {
            "type": kind,
            "token": _TOKEN,
            "api_app_id": self._workspace.app_id,
            "team": self._workspace.team(),
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": self._workspace.team_id,
            },
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _message(self, message: Message) -> Json:
        return message_object(self._workspace, message, url=self._url(), with_metadata=False)

    async def _send(self, payload: Json) -> Ack:
        if not self._manifest.interactivity:
            raise RefusedError("the app's manifest does not switch interactivity on")
        return await self._delivery.send("interactive", payload)


def _channel_name(channel: Channel) -> str:
    """Private places have no name here, but for direct messages of several people.

    https://docs.slack.dev/interactivity/implementing-slash-commands
    """
    if channel.is_im:
        return "directmessage"
    is_group = channel.name.startswith("mpdm-")
    return "privategroup" if channel.is_private and not is_group else channel.name
