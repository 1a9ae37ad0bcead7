"""Menus and small panels that are made when they are opened."""

from collections.abc import Callable

from nicegui import ui
from nicegui.element import Element

from bot.sandbox.page.tags import Handler


class Popup(ui.menu):
    """Open from the start. Whoever would draw its surroundings anew waits until it is closed."""

    def __init__(self, anchor: Element) -> None:
        super().__init__(value=True)
        self.classes("tl-menu").props("no-parent-event transition-duration=0")
        self._anchor = anchor
        self._waiting: Callable[[], None] | None = None
        anchor.props["aria-expanded"] = "true"
        self.on("hide", self._gone, js_handler="() => emit()")

    def wait(self, then: Callable[[], None]) -> None:
        """Do this when it is closed."""
        self._waiting = then

    def _gone(self) -> None:
        self.delete()
        self._anchor.props["aria-expanded"] = "false"
        if self._waiting is not None:
            self._waiting()


def popup_in(element: Element) -> Popup | None:
    """What is open in there."""
    return next((one for one in element.descendants() if isinstance(one, Popup)), None)


def open_menu(anchor: Element, fill: Callable[[], None]) -> None:
    """Open a menu at the anchor, with what `fill` draws into it; a second click closes it."""
    menu = _open(anchor)
    if menu:
        menu.props('auto-close role="menu"')
        with menu:
            fill()


def open_panel(anchor: Element, label: str, fill: Callable[[Popup], None]) -> None:
    """The same for what stays open until `fill` has it closed."""
    panel = _open(anchor)
    if panel:
        panel.props('role="dialog"').props["aria-label"] = label
        with panel:
            fill(panel)


def _open(anchor: Element) -> Popup | None:
    known = popup_in(anchor)
    if known:
        known.close()
        return None
    with anchor:
        return Popup(anchor)


def menu_item(text: str, on_click: Handler, css: str = "") -> None:
    """One line of a menu."""
    item = ui.menu_item(text, on_click, auto_close=False).props('dense role="menuitem"')
    item.classes(css)
