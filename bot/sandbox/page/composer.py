"""Where a person writes: messages, slash commands, and what goes along with them."""

from dataclasses import replace
from functools import partial

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.sandbox.ids import new_id
from bot.sandbox.page.hints import Hint, hints
from bot.sandbox.page.popup import menu_item, open_menu
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon, icon_button, tag
from bot.sandbox.records import File

_PRETEND_FILES = (
    ("screenshot.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("error-log.txt", "text/plain", b"08:12:03 login failed: account locked\n"),
)


class Composer:
    """The text field of a channel or a thread. What is begun in one place waits there."""

    def __init__(self, seat: Seat, *, in_thread: bool) -> None:
        self._seat = seat
        self._in_thread = in_thread
        self._files: list[File] = []
        self._place: object = None
        self._drafts: dict[object, tuple[str, list[File]]] = {}
        with tag("div", "tl-composer tl-chooser"):
            with tag("div", "tl-hints", role="listbox", aria_label="Suggestions") as self._hints:
                self._hints.props["hidden"] = True
            with tag("div", "tl-writing"):
                self._chips = tag("div", "tl-chips")
                self._field = ui.textarea()
                self._field.props("borderless dense autogrow").classes("tl-textarea")
                self._field.on("keydown", self._enter, js_handler="(e) => tlSend(e, emit)")
                self._buttons()

    def _buttons(self) -> None:
        with tag("div", "tl-composer-buttons"):
            plus = icon_button(
                "add",
                "Attach a file or run a shortcut",
                lambda: open_menu(plus, self._extras),
                aria_haspopup="menu",
            )
            tag("span", "tl-muted tl-keys", "Enter sends, Shift+Enter starts a new line")
            label = "Send reply" if self._in_thread else "Send message"
            button("tl-button tl-primary tl-send", self._press, "Send", aria_label=label)

    def refresh(self) -> None:
        """Another person or another place: what was begun there, and where it leads."""
        seat = self._seat
        place = (seat.user, seat.channel, seat.thread if self._in_thread else None)
        if place == self._place:
            return
        self._drafts[self._place] = self._field.value or "", self._files
        self._place = place
        label = "Reply in thread" if self._in_thread else f"Message {seat.reader.title(seat.place)}"
        self._field.props["placeholder"] = label
        self._field.props["aria-label"] = label
        self._field.value, self._files = self._drafts.pop(place, ("", []))
        self._show_files()
        self._show_hints()
        self._field.run_method("focus")

    def _show_hints(self) -> None:
        """All there are; the browser shows those that fit what is typed."""
        self._hints.clear()
        # Slack knows no commands in a thread.
        commands = {} if self._in_thread else self._seat.sandbox.manifest.commands
        with self._hints:
            for hint in hints(self._seat.reader, commands):
                _draw_hint(hint)

    # Sending

    async def _enter(self, event: GenericEventArguments) -> None:
        """The browser has emptied the field already."""
        await self._send(str(event.args))

    async def _press(self) -> None:
        text, self._field.value = self._field.value or "", ""
        await self._send(text)

    async def _send(self, written: str) -> None:
        seat, text, files = self._seat, written.strip(), self._files
        if not text and not files:
            return
        self._files = []
        self._show_files()
        name, _, rest = text.partition(" ")
        if name.startswith("/") and self._in_thread:
            seat.tell(f"{name} is not supported in threads. Sorry!")
        elif name.startswith("/"):
            await seat.attempt(
                seat.sandbox.people.slash(seat.user, seat.channel, name, rest),
                lambda error: f"{name} failed with the error “{error}”",
            )
        else:
            for file in files:
                seat.sandbox.workspace.put_file(file)
            thread = seat.thread if self._in_thread else None
            await seat.attempt(
                seat.sandbox.people.post(seat.user, seat.channel, text, thread, files)
            )

    # What goes along

    def _extras(self) -> None:
        for name, mimetype, content in _PRETEND_FILES:
            file = File("", name, "", mimetype, content, length=len(content))
            menu_item(f"Attach {name}", partial(self._attach, file))
        if self._in_thread:
            return
        ui.separator()
        manifest = self._seat.sandbox.manifest
        for shortcut in manifest.shortcuts.values():
            if shortcut.type == "global":
                run = partial(self._run, shortcut.callback_id)
                menu_item(f"{shortcut.name} · {manifest.app_name}", run)

    def _attach(self, file: File) -> None:
        channels = frozenset({self._seat.channel})
        self._files.append(replace(file, id=new_id("F"), user=self._seat.user, channels=channels))
        self._show_files()
        self._field.run_method("focus")

    def _show_files(self) -> None:
        self._chips.clear()
        with self._chips:
            for file in self._files:
                label = f"Remove {file.name}"
                with button("tl-file", partial(self._detach, file), aria_label=label, title=label):
                    icon("attach_file")
                    tag("span", "", file.name)
                    icon("close")

    def _detach(self, file: File) -> None:
        self._files.remove(file)
        self._show_files()

    async def _run(self, callback_id: str) -> None:
        seat = self._seat
        await seat.attempt(seat.sandbox.people.global_shortcut(seat.user, callback_id))


def _draw_hint(hint: Hint) -> None:
    with tag(
        "div",
        "tl-hint",
        role="option",
        hidden=True,
        aria_selected="false",
        data_text=hint.text,
        data_words=hint.found_by,
    ):
        tag("span", "tl-bold", hint.text)
        tag("span", "tl-muted tl-hint-usage", hint.usage)
        tag("span", "tl-hint-words", hint.words)
