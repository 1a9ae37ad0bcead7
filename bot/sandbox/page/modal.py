"""The modal that an app has opened before a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from bot.sandbox.forms import initial_form, problems
from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.emoji import drawn
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.surface import Surface
from bot.sandbox.page.tags import button, icon_button, tag
from bot.sandbox.records import View

_TROUBLE = "operation_timeout", "dispatch_failed", "http_client_error"


@dataclass(frozen=True)
class Shown:
    """A view with what is wrong: the `trouble` of sending it, and `errors` by block id."""

    view: View
    trouble: str | None
    errors: Mapping[str, str]


class Modal:
    """The topmost of the person's open views, with what they have filled in so far."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._answers: dict[str, dict[str, Any]] = {}
        self._troubles: dict[str, str | None] = {}
        self._problems: dict[str, Mapping[str, str]] = {}
        self._opened: str | None = None
        self._dialog = ui.dialog().props("no-backdrop-dismiss")
        self._dialog.on_value_change(self._dismissed)
        with self._dialog:
            self._pane = Pane(tag("div", "tl-dialog tl-modal"), self._look, self._draw)

    def refresh(self) -> None:
        self._pane.refresh()

    def _view(self) -> View | None:
        return self._seat.sandbox.workspace.views.top(self._seat.user)

    def _look(self) -> Shown | None:
        view = self._view()
        if view is None:
            return None
        errors = {**view.errors, **self._problems.get(view.id, {})}
        return Shown(view, self._troubles.get(view.id), errors)

    def _draw(self, shown: Shown | None) -> None:
        if shown is None:
            self._dialog.value = False
            return
        view = shown.view
        title = drawn(view.body["title"]["text"])
        self._dialog.props["aria-label"] = title
        with tag("header", "tl-modal-head"):
            tag("h2", "tl-dialog-title", title)
            icon_button("close", "Dismiss dialog", self._cancel)
        if shown.trouble:
            tag("div", "tl-notice tl-modal-notice", shown.trouble, role="alert")
        with tag("div", "tl-modal-body"):
            draw_blocks(view.blocks, self._surface(view, shown.errors))
        self._buttons(view)
        self._dialog.value = True

    def _surface(self, view: View, errors: Mapping[str, str]) -> Surface:
        async def use(block_id: str, action_id: str, value: object) -> None:
            clicking = self._seat.sandbox.people.click_in_view(
                self._seat.user, view.id, action_id, value, block_id
            )
            self._say(view, (await self._seat.attempt(clicking)).error)

        answers = self._answers.setdefault(view.id, {})
        return Surface(self._seat.reader, use, answers, errors, self._focus(view, errors))

    def _focus(self, view: View, errors: Mapping[str, str]) -> str | None:
        """The first input when a form is opened, the first wrong one when it was refused."""
        inputs = [block["block_id"] for block in view.blocks if block["type"] == "input"]
        wanted = [block_id for block_id in inputs if block_id in errors or not errors]
        is_new, self._opened = view.id != self._opened, view.id
        return next(iter(wanted), None) if errors or is_new else None

    def _buttons(self, view: View) -> None:
        with tag("footer", "tl-dialog-buttons"):
            close = view.body.get("close") or {
                "text": "Cancel" if view.body.get("submit") else "Close"
            }
            button("tl-button", self._cancel, drawn(close["text"]))
            if view.body.get("submit"):
                label = drawn(view.body["submit"]["text"])
                self._submit_button = button("tl-button tl-primary", self._submit, label)

    async def _submit(self) -> None:
        view = self._view()
        if view is None:
            return
        present = {key for answers in initial_form(view.blocks).values() for key in answers}
        answers = self._answers.get(view.id, {})
        values = {key: value for key, value in answers.items() if key in present}
        self._problems[view.id] = problems(view.blocks, values)
        if self._problems[view.id]:
            self._say(view, None)
            return
        self._submit_button.props["disabled"] = True
        outcome = await self._seat.attempt(
            self._seat.sandbox.people.submit_view(self._seat.user, view.id, values), _in_words
        )
        if not self._submit_button.is_deleted:
            self._submit_button.props.pop("disabled", None)
        self._say(view, outcome.error)

    def _say(self, view: View, error: str | None) -> None:
        """Trouble is said in the modal, where the person looks."""
        self._troubles[view.id] = error
        self._seat.tell(None)
        self.refresh()

    async def _cancel(self) -> None:
        view = self._view()
        if view:
            await self._seat.attempt(self._seat.sandbox.people.close_view(self._seat.user, view.id))

    async def _dismissed(self, event: ValueChangeEventArguments[bool]) -> None:
        """Escape was pressed: the view is closed as by its button."""
        if not event.value and self._view():
            await self._cancel()


def _in_words(error: str) -> str:
    return "We had some trouble connecting. Try again?" if error in _TROUBLE else error
