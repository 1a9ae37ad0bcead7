"""What can be done with a message: the buttons at its corner and their menus."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from bot.sandbox.page.dialogs import deletion_confirmed, edited
from bot.sandbox.page.emoji import PICKED, emoji
from bot.sandbox.page.mrkdwn import as_typed
from bot.sandbox.page.popup import menu_item, open_menu
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon_button, tag
from bot.sandbox.records import Message


class Toolbar:
    """React, reply, and the menu with the app's shortcuts, edit and delete."""

    def __init__(self, message: Message, seat: Seat, *, in_thread: bool) -> None:
        self._message = message
        self._seat = seat
        self._in_thread = in_thread

    def draw(self) -> None:
        if self._message.ephemeral_to:
            return  # Slack offers nothing here but to dismiss it
        with tag("div", "tl-toolbar"):
            self._menu_button("add_reaction", "Add reaction", self._emoji)
            if not self._in_thread:
                root = self._message.thread_ts or self._message.ts
                icon_button("reply", "Reply in thread", partial(self._seat.look_into, root))
            self._menu_button("more_vert", "More actions", self._actions)

    def _menu_button(self, icon: str, label: str, fill: Callable[[], None]) -> None:
        anchor = icon_button(icon, label, lambda: open_menu(anchor, fill), aria_haspopup="menu")

    def _emoji(self) -> None:
        with tag("div", "tl-picker"):
            for name in PICKED:
                button(
                    "tl-icon",
                    partial(self._react, name),
                    emoji(name),
                    aria_label=f":{name}:",
                    title=f":{name}:",
                )

    async def _react(self, name: str) -> None:
        message = self._message
        reacting = self._seat.sandbox.people.react(
            self._seat.user, message.channel, message.ts, name
        )
        await self._seat.attempt(reacting)

    def _actions(self) -> None:
        manifest = self._seat.sandbox.manifest
        for shortcut in manifest.shortcuts.values():
            if shortcut.type == "message":
                menu_item(
                    f"{shortcut.name} · {manifest.app_name}",
                    partial(self._run, shortcut.callback_id),
                )
        if self._message.user == self._seat.user:
            ui.separator()
            menu_item("Edit message", self._edit)
            menu_item("Delete message", self._delete)

    async def _run(self, callback_id: str) -> None:
        message = self._message
        running = self._seat.sandbox.people.message_shortcut(
            self._seat.user, callback_id, message.channel, message.ts
        )
        await self._seat.attempt(running)

    async def _edit(self) -> None:
        seat, message = self._seat, self._message
        text = await edited(as_typed(message.text, seat.sandbox.workspace))
        if text:
            await seat.attempt(
                seat.sandbox.people.edit(seat.user, message.channel, message.ts, text)
            )

    async def _delete(self) -> None:
        seat, message = self._seat, self._message
        if await deletion_confirmed(seat.reader):
            await seat.attempt(seat.sandbox.people.delete(seat.user, message.channel, message.ts))
