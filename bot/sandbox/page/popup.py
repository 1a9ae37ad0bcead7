"""Menus and small panels that are made when they are opened."""

from collections.abc import Callable

from nicegui import ui
from nicegui.element import Element

from bot.sandbox.page.tags import Handler


def open_menu(anchor: Element, fill: Callable[[], None]) -> None:
    """Open a menu at the anchor, with what `fill` draws into it; a second click closes it."""
    menu = _open(anchor)
    if menu:
        menu.props('auto-close role="menu"')
        with menu:
            fill()


def open_panel(anchor: Element, label: str, fill: Callable[[ui.menu], None]) -> None:
    """The same for what stays open until `fill` has it closed."""
    panel = _open(anchor)
    if panel:
        panel.props('role="dialog"').props["aria-label"] = label
        with panel:
            fill(panel)


def _open(anchor: Element) -> ui.menu | None:
    is_open = [child for child in anchor if isinstance(child, ui.menu)]
    for menu in is_open:
        menu.close()
    if is_open:
        return None
    anchor.props["aria-expanded"] = "true"
    with anchor, ui.menu(value=True).classes("tl-menu") as menu:
        menu.props("no-parent-event transition-duration=0")

    def gone() -> None:
        menu.delete()
        anchor.props["aria-expanded"] = "false"

    menu.on("hide", gone, js_handler="() => emit()")
    return menu


def menu_item(text: str, on_click: Handler, css: str = "") -> None:
    """One line of a menu."""
    item = ui.menu_item(text, on_click, auto_close=False).props('dense role="menuitem"')
    item.classes(css)
