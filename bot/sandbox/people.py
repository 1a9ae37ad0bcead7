"""What a person in the workspace can do, and what they see come of it."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.sandbox import forms
from bot.sandbox.delivery import Delivery
from bot.sandbox.errors import RefusedError
from bot.sandbox.formatting import command_text, typed, unescape
from bot.sandbox.ids import new_block_id
from bot.sandbox.interactions import Interactions
from bot.sandbox.manifest import Manifest
from bot.sandbox.outcomes import Outcome, first_told, obey, outcome_of
from bot.sandbox.records import Change, Channel, File, Json, Message, View
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.triggers import Triggers
from bot.sandbox.workspace import Workspace


class Acting:
    """The people's side of the workspace. A user and a channel are given by id.

    Everything a Slack client would not let a person do raises RefusedError. Each method returns
    once the bot has answered the first delivery, or failed to.
    """

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
        self._response_urls = response_urls
        self._interactions = Interactions(
            workspace, manifest, delivery, triggers, response_urls, url
        )

    # Messages

    async def post(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[File] = (),
        subtype: str | None = None,
    ) -> Outcome:
        """Write a message; `text` is as typed. A broadcast reply is subtype `thread_broadcast`."""
        self._place(user, channel)
        if not text and not files:
            raise RefusedError("an empty message cannot be sent")
        for file in files:
            self._workspace.put_file(replace(file, channels=file.channels | {channel}))
        with self._delivery.noting() as told:
            message = self._workspace.post(
                channel,
                user,
                typed(self._workspace, text),
                thread_ts=thread_ts,
                files=tuple(files),
                subtype=subtype or ("file_share" if files else None),
                blocks=_rich_text(text),
                is_broadcast=subtype == "thread_broadcast",
                client_msg_id=str(uuid.uuid4()),
            )
        return await first_told(told, message.ts)

    async def edit(self, user: str, channel: str, ts: str, text: str) -> Outcome:
        self._own(user, channel, ts)
        with self._delivery.noting() as told:
            self._workspace.edit(
                channel, ts, user, text=typed(self._workspace, text), blocks=_rich_text(text)
            )
        return await first_told(told, ts)

    async def delete(self, user: str, channel: str, ts: str) -> Outcome:
        self._own(user, channel, ts)
        with self._delivery.noting() as told:
            self._workspace.delete(channel, ts)
        return await first_told(told, ts)

    async def react(self, user: str, channel: str, ts: str, name: str) -> Outcome:
        self._seen(user, channel, ts)
        with self._delivery.noting() as told:
            self._workspace.react(channel, ts, user, name)
        return await first_told(told, ts)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> Outcome:
        self._seen(user, channel, ts)
        with self._delivery.noting() as told:
            self._workspace.unreact(channel, ts, user, name)
        return await first_told(told, ts)

    # Channels and the App Home

    async def join(self, user: str, channel: str, inviter: str | None = None) -> Outcome:
        """Join a public channel, or any channel when invited."""
        if self._workspace.channel(channel).is_private and inviter is None:
            raise RefusedError("a private channel needs an invitation")
        with self._delivery.noting() as told:
            self._workspace.join(channel, user, inviter)
        return await first_told(told)

    async def leave(self, user: str, channel: str) -> Outcome:
        with self._delivery.noting() as told:
            self._workspace.kick(channel, user)
        return await first_told(told)

    async def open_home(self, user: str, tab: str = "home") -> Outcome:
        """Open the app's `home` or `messages` tab."""
        if not (self._manifest.home_tab if tab == "home" else self._manifest.messages_tab):
            raise RefusedError(f"the app's manifest does not enable the {tab} tab")
        channel = self._workspace.direct_message(user)
        with self._delivery.noting() as told:
            self._workspace.changes.publish(Change("app_home_opened", channel.id, user, detail=tab))
        return await first_told(told)

    # Commands, shortcuts, clicks

    async def slash(self, user: str, channel: str, command: str, text: str = "") -> Outcome:
        """Call a slash command; what the bot answers in its ack appears in the channel."""
        declared = self._manifest.commands.get(command)
        if declared is None:
            raise RefusedError(f"{command} is not a valid command")
        place = self._place(user, channel)
        sent = command_text(self._workspace, text, should_escape=declared.should_escape)
        ack = await self._interactions.command(user, place, command, sent)
        if ack.payload and (ack.payload.get("text") or ack.payload.get("blocks")):
            self._response_urls.answer(channel, user, ack.payload)
        return outcome_of(ack)

    async def message_shortcut(self, user: str, callback_id: str, channel: str, ts: str) -> Outcome:
        self._declared(callback_id, "message")
        message = self._seen(user, channel, ts)
        return outcome_of(await self._interactions.message_shortcut(user, callback_id, message))

    async def global_shortcut(self, user: str, callback_id: str) -> Outcome:
        self._declared(callback_id, "global")
        return outcome_of(await self._interactions.global_shortcut(user, callback_id))

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        value: Any = None,
        block_id: str | None = None,
    ) -> Outcome:
        """Press a button, or choose `value` in a menu, in a message."""
        message = self._seen(user, channel, ts)
        block, element = forms.find(message.all_blocks, action_id, block_id)
        visible = element.get("visible_to_user_ids")
        if visible and user not in visible:
            raise RefusedError(f"{action_id!r} is hidden from this person")
        entry, values = _used(block, element, value)
        return outcome_of(await self._interactions.message_action(user, message, entry, values))

    async def click_in_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        value: Any = None,
        block_id: str | None = None,
    ) -> Outcome:
        """Press a button, or choose `value` in a menu, in a modal or the App Home."""
        view = self._open_view(user, view_id)
        block, element = forms.find(view.blocks, action_id, block_id)
        entry, values = _used(block, element, value)
        state = forms.initial_form(view.blocks) | values
        return outcome_of(await self._interactions.view_action(view, entry, state))

    # Modals

    async def submit_view(
        self, user: str, view_id: str, values: forms.Values | None = None
    ) -> Outcome:
        """Submit a modal: `values` by action id, the initial ones where none is given."""
        view = self._open_view(user, view_id)
        if self._workspace.views.top(user) != view:
            raise RefusedError("this modal is not on top")
        state = forms.form(view.blocks, values or {})
        outcome = outcome_of(await self._interactions.view_submission(view, state))
        if outcome.acked:
            return obey(self._workspace.views, view, outcome)
        return outcome

    async def close_view(self, user: str, view_id: str, *, all_views: bool = False) -> Outcome:
        """Cancel a modal, or with `all_views` the whole stack."""
        view = self._open_view(user, view_id)
        if all_views:
            self._workspace.views.clear(user)
        else:
            self._workspace.views.close(user, view_id)
        if not view.body.get("notify_on_close"):
            return Outcome()
        return outcome_of(await self._interactions.view_closed(view, is_cleared=all_views))

    # Who may do what

    def _place(self, user: str, channel: str) -> Channel:
        place = self._workspace.channels.get(channel)
        if place is None or user not in place.members:
            raise RefusedError(f"{user} is not in {channel}")
        if place.is_archived:
            raise RefusedError("the channel is archived")
        return place

    def _seen(self, user: str, channel: str, ts: str) -> Message:
        self._place(user, channel)
        if not self._workspace.has_message(channel, ts):
            raise RefusedError("this message is gone")
        message = self._workspace.message(channel, ts)
        if message.ephemeral_to not in (None, user):
            raise RefusedError("this message is visible to somebody else only")
        return message

    def _own(self, user: str, channel: str, ts: str) -> None:
        if self._seen(user, channel, ts).user != user:
            raise RefusedError("this message was written by somebody else")

    def _declared(self, callback_id: str, kind: str) -> None:
        shortcut = self._manifest.shortcuts.get(callback_id)
        if shortcut is None or shortcut.type != kind:
            raise RefusedError(f"the app has no {kind} shortcut {callback_id!r}")

    def _open_view(self, user: str, view_id: str) -> View:
        views = self._workspace.views
        shown = [*views.stack(user), *filter(None, [views.homes.get(user)])]
        for view in shown:
            if view.id == view_id:
                return view
        raise RefusedError("this view is not open before this person")


def _used(block: Json, element: Json, value: Any) -> tuple[Json, Json]:
    """The `actions` entry, and what it adds to `state.values`."""
    done = forms.action(element, value)
    block_id, action_id = block.get("block_id", ""), element["action_id"]
    entry = {"type": element["type"], "action_id": action_id, "block_id": block_id} | done
    if element["type"] in forms.STATEFUL:
        return entry, {block_id: {action_id: {"type": element["type"]} | done}}
    return entry, {}


def _rich_text(text: str) -> tuple[Json, ...]:
    """What Slack's composer makes of a text: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""
    if not text:
        return ()
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": unescape(text)}]}
    return ({"type": "rich_text", "block_id": new_block_id(), "elements": [section]},)
