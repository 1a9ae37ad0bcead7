"""What can be done with a message: the buttons at its corner and their menus."""

from functools import partial

from nicegui import ui

from bot.sandbox.page.dialogs import deletion_confirmed, edited
from bot.sandbox.page.mrkdwn import as_typed
from bot.sandbox.page.popup import menu_item, open_menu
from bot.sandbox.page.reactions import add_reaction
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import icon_button, tag
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
            add_reaction(self._message, self._seat, "tl-icon")
            if not self._in_thread:
                root = self._message.thread_ts or self._message.ts
                icon_button("reply", "Reply in thread", partial(self._seat.look_into, root))
            more = icon_button(
                "more_vert",
                "More actions",
                lambda: open_menu(more, self._actions),
                aria_haspopup="menu",
            )

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
            menu_item("Delete message…", self._delete, "tl-danger")

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
