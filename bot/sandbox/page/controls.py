"""Interactive elements, drawn so that a person can use them.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from bot.sandbox.page.emoji import drawn
from bot.sandbox.page.options import Option, is_chosen, options
from bot.sandbox.page.popup import menu_item, open_menu
from bot.sandbox.page.surface import Control
from bot.sandbox.page.tags import button, icon, tag
from bot.sandbox.page.text import harmless

_TYPED = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
}


def draw_control(control: Control) -> None:
    """An element of any kind; of one that this page cannot show, its name."""
    kind = control.element["type"]
    if kind in _TYPED:
        _typed(control)
    elif kind.endswith("_select"):
        _select(control)
    elif kind in _DRAWN:
        _DRAWN[kind](control)
    else:
        tag("span", "tl-muted", f"({kind} is not shown here)")


def _button(control: Control) -> None:
    element = control.element
    visible = element.get("visible_to_user_ids")
    if visible and control.surface.reader.user not in visible:
        return
    style = f" tl-{element['style']}" if element.get("style") in ("primary", "danger") else ""
    text, name = drawn(element["text"]["text"]), element.get("accessibility_label")
    url = harmless(element.get("url") or "")
    if url:
        link = tag("a", f"tl-button{style}", text, aria_label=name, href=url, target="_blank")
        link.on("click", partial(control.tell, None), js_handler="() => emit()")
        return

    async def press() -> None:
        pressed.props["disabled"] = True
        await control.tell(None)
        if not pressed.is_deleted:
            pressed.props.pop("disabled", None)  # a second click may have done it

    pressed = button(f"tl-button{style}", press, text, aria_label=name)


def _overflow(control: Control) -> None:
    def fill() -> None:
        for option in options(control.element, control.surface.reader):
            menu_item(option.text, partial(control.tell, option.value))

    anchor = button(
        "tl-button tl-overflow",
        lambda: open_menu(anchor, fill),
        aria_label="More options",
        aria_haspopup="menu",
    )
    with anchor:
        icon("more_horiz")


def _select(control: Control) -> None:
    element, value = control.element, control.value
    is_many = element["type"].startswith("multi_")

    async def choose(event: GenericEventArguments) -> None:
        chosen = list(event.args)
        await control.give(chosen if is_many else next(iter(chosen), None))

    select = tag(
        "select",
        "tl-select",
        aria_label=control.label,
        multiple=is_many or None,
        autofocus=control.is_typed_first or None,
    )
    select.on(
        "change",
        choose,
        js_handler="(e) => emit([...e.target.selectedOptions].map((o) => o.value).filter(Boolean))",
    )
    with select:
        if not is_many:
            placeholder = (element.get("placeholder") or {"text": "Choose an option"})["text"]
            empty = tag("option", "", drawn(placeholder), value="", selected=not value or None)
            empty.props["disabled"] = control.tells_at_once
        choices = options(element, control.surface.reader)
        for group, members in groupby(choices, key=lambda option: option.group):
            with tag("optgroup", label=group) if group else select:
                for option in members:
                    chosen = is_chosen(option, value) or None
                    tag("option", "", option.text, value=option.value, selected=chosen)


def _typed(control: Control) -> None:
    element = control.element
    is_long = bool(element.get("multiline"))
    placeholder = (element.get("placeholder") or {"text": None})["text"]
    value = control.value or ""

    async def take(event: ValueChangeEventArguments[str | None]) -> None:
        await control.give(event.value)

    if is_long:
        field: ui.input = ui.textarea(placeholder=placeholder, value=value)
        field.props("autogrow").classes("tl-long")
    else:
        field = ui.input(placeholder=placeholder, value=value)
        field.props["type"] = _TYPED[element["type"]]
    field.props("outlined dense").classes("tl-field")
    field.props["aria-label"] = control.label
    if element.get("max_length"):
        field.props["maxlength"] = element["max_length"]
    if control.is_typed_first:
        field.props("autofocus")
    field.on_value_change(take)


def _radio_buttons(control: Control) -> None:
    with tag("div", "tl-choices", role="radiogroup", aria_label=control.label):
        for option in options(control.element, control.surface.reader):
            _choice(control, option, "radio")


def _checkboxes(control: Control) -> None:
    with tag("div", "tl-choices", role="group", aria_label=control.label):
        for option in options(control.element, control.surface.reader):
            _choice(control, option, "checkbox")


def _choice(control: Control, option: Option, kind: str) -> None:
    """A radio button or a checkbox with its words."""

    async def choose(event: GenericEventArguments) -> None:
        if kind == "radio":
            await control.give(option.value)
            return
        others = [value for value in control.value if value != option.value]
        await control.give([*others, option.value] if event.args else others)

    with tag("label", "tl-choice"):
        tag(
            "input",
            type=kind,
            name=f"{control.block.get('block_id')}/{control.element['action_id']}",
            checked=is_chosen(option, control.value) or None,
        ).on("change", choose, js_handler="(e) => emit(e.target.checked)")
        with tag("span"):
            tag("span", "", option.text)
            if option.description:
                tag("span", "tl-muted tl-description", option.description)


def _datetimepicker(control: Control) -> None:
    reader = control.surface.reader
    value = f"{reader.moment(control.value):%Y-%m-%dT%H:%M}" if control.value else ""

    async def take(event: ValueChangeEventArguments[str | None]) -> None:
        if event.value:
            zone = reader.moment(0).tzinfo
            moment = datetime.fromisoformat(event.value).replace(tzinfo=zone)
            await control.give(int(moment.timestamp()))

    field = ui.input(value=value, on_change=take).props("outlined dense type=datetime-local")
    field.props["aria-label"] = control.label


def _feedback_buttons(control: Control) -> None:
    for name in ("positive_button", "negative_button"):
        face = control.element[name]
        button(
            "tl-button",
            partial(control.tell, face["value"]),
            drawn(face["text"]["text"]),
            aria_label=face.get("accessibility_label"),
        )


_DRAWN: Mapping[str, Callable[[Control], None]] = {
    "button": _button,
    "overflow": _overflow,
    "radio_buttons": _radio_buttons,
    "checkboxes": _checkboxes,
    "datetimepicker": _datetimepicker,
    "feedback_buttons": _feedback_buttons,
}
