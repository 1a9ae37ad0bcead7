"""Menus that are made when they are opened."""

from collections.abc import Callable

from nicegui import ui
from nicegui.element import Element

from bot.sandbox.page.tags import Handler


def open_menu(anchor: Element, fill: Callable[[], None]) -> None:
    """Open a menu at the anchor, with what `fill` draws into it; a second click closes it."""
    is_open = [child for child in anchor if isinstance(child, ui.menu)]
    for menu in is_open:
        menu.close()
    if is_open:
        return
    with anchor, ui.menu(value=True).classes("tl-menu") as menu:
        menu.props('auto-close no-parent-event transition-duration=0 role="menu"')
        fill()
    menu.on("hide", menu.delete, js_handler="() => emit()")


def menu_item(text: str, on_click: Handler) -> None:
    """One line of a menu."""
    ui.menu_item(text, on_click, auto_close=False).props('dense role="menuitem"')
