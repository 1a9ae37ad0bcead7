"""The page's elements: plain HTML tags with a class, a text that stays text, and attributes."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

Handler = Callable[[], Awaitable[None] | None]


def tag(name: str, css: str = "", text: str | None = None, /, **attributes: Any) -> Element:
    """An element; `aria_label="…"` becomes `aria-label`, `for_="…"` becomes `for`."""
    element = Element(name) if text is None else TextElement(tag=name, text=text)
    element.classes(css)
    for key, value in attributes.items():
        if value is not None:
            element.props[key.rstrip("_").replace("_", "-")] = value
    return element


def icon(name: str) -> Element:
    """A picture from the icon font that NiceGUI brings along; it says nothing to screen readers."""
    return tag("i", "material-icons tl-sign", name, aria_hidden="true")


def icon_button(
    name: str, label: str, on_click: Handler, css: str = "", **attributes: Any
) -> Element:
    """A button that shows an icon only; `label` is its accessible name."""
    made = button(f"tl-icon {css}", on_click, aria_label=label, title=label, **attributes)
    with made:
        icon(name)
    return made


def only_visible_to_you() -> None:
    """What Slack writes above everything that one person alone can see."""
    with tag("div", "tl-only-you"):
        icon("visibility")
        tag("span", "", "Only visible to you")


def button(css: str, on_click: Handler, text: str | None = None, /, **attributes: Any) -> Element:
    """A button; give `aria_label` when its text does not say what it does."""
    return tag("button", css, text, type="button", **attributes).on(
        "click", on_click, js_handler="() => emit()"
    )
