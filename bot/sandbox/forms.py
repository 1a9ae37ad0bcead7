"""Interactive elements as a person uses them: found, filled in, turned into state."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import RefusedError
from bot.sandbox.records import Json

Values = Mapping[str, Any]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class _Kind:
    """Where an element's state is kept and where its initial value comes from."""

    state: str
    initial: str
    options: bool = False
    many: bool = False


# https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
_KINDS: Mapping[str, _Kind] = {
    "plain_text_input": _Kind("value", "initial_value"),
    "email_text_input": _Kind("value", "initial_value"),
    "url_text_input": _Kind("value", "initial_value"),
    "number_input": _Kind("value", "initial_value"),
    "rich_text_input": _Kind("rich_text_value", "initial_value"),
    "static_select": _Kind("selected_option", "initial_option", options=True),
    "external_select": _Kind("selected_option", "initial_option"),
    "radio_buttons": _Kind("selected_option", "initial_option", options=True),
    "checkboxes": _Kind("selected_options", "initial_options", options=True, many=True),
    "multi_static_select": _Kind("selected_options", "initial_options", options=True, many=True),
    "users_select": _Kind("selected_user", "initial_user"),
    "multi_users_select": _Kind("selected_users", "initial_users", many=True),
    "channels_select": _Kind("selected_channel", "initial_channel"),
    "multi_channels_select": _Kind("selected_channels", "initial_channels", many=True),
    "conversations_select": _Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": _Kind(
        "selected_conversations", "initial_conversations", many=True
    ),
    "datepicker": _Kind("selected_date", "initial_date"),
    "timepicker": _Kind("selected_time", "initial_time"),
    "datetimepicker": _Kind("selected_date_time", "initial_date_time"),
}


STATEFUL = frozenset(_KINDS)


def find(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
    """The block and the element in it. Raises RefusedError when there is no such element."""
    for block in blocks:
        if block_id not in (None, block.get("block_id")):
            continue
        for element in _elements(block):
            if element.get("action_id") == action_id:
                return block, element
    raise RefusedError(f"there is no element {action_id!r} here")


def _elements(part: Any) -> Iterator[Json]:
    if isinstance(part, Mapping):
        if "action_id" in part:
            yield dict(part)
        for value in part.values():
            yield from _elements(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from _elements(value)


def action(element: Json, value: Any) -> Json:
    """What a click or a choice adds to the `actions` entry of a block_actions payload.

    For an element with options, `value` is the `value` of one of them (a list for many).
    """
    kind = element["type"]
    if kind in ("button", "icon_button", "workflow_button"):
        if value is not None and value != element.get("value"):
            raise RefusedError(f"the button's value is {element.get('value')!r}, not {value!r}")
        return {name: element[name] for name in ("text", "value", "style") if name in element}
    if kind == "feedback_buttons":
        return {"value": _feedback(element, value)}
    if kind == "overflow":
        return {"selected_option": _option(element, value)}
    return state(element, value)


def state(element: Json, value: Any) -> Json:
    """The element's state once a person has given it this value (None: nothing chosen)."""
    kind = _KINDS.get(element["type"])
    if kind is None:
        raise RefusedError(f"a person cannot fill in a {element['type']}")
    if kind.options and kind.many:
        return {kind.state: [_option(element, item) for item in value or ()]}
    if kind.options:
        return {kind.state: None if value is None else _option(element, value)}
    if kind.many:
        return {kind.state: list(value or ())}
    if kind.state == "value":
        value = None if value in (None, "") else str(value)
    return {kind.state: value}


def _feedback(element: Json, value: Any) -> str:
    values = [element[name]["value"] for name in ("positive_button", "negative_button")]
    if value not in values:
        raise RefusedError(f"the feedback values are {values}, not {value!r}")
    return str(value)


def _option(element: Json, value: Any) -> Json:
    groups = element.get("option_groups") or []
    options = [
        *element.get("options", ()),
        *(item for group in groups for item in group["options"]),
    ]
    for option in options:
        if option.get("value") == value:
            return dict(option)
    raise RefusedError(f"{element.get('action_id')!r} has no option {value!r}")


def form(blocks: Iterable[Json], values: Values) -> Json:
    """`view.state.values` as submitted: given values, else the initial ones.

    Raises RefusedError for a value of an element that is not there, for a required input left
    empty and for one that Slack's client would not accept.
    """
    submitted: Json = {}
    unknown = set(values)
    for block in blocks:
        for element in _elements(block):
            action_id = element["action_id"]
            if element["type"] not in _KINDS:
                continue
            unknown.discard(action_id)
            given = _given(element, values)
            problem = _problem(block, element, given)
            if problem:
                raise RefusedError(f"{block['label']['text']}: {problem}")
            entry = {"type": element["type"]} | given
            submitted.setdefault(block["block_id"], {})[action_id] = entry
    if unknown:
        raise RefusedError(f"there is no element {', '.join(sorted(unknown))} in this view")
    return submitted


def problems(blocks: Iterable[Json], values: Values) -> dict[str, str]:
    """What Slack's client says below each input that it does not accept, by block id."""
    found = {
        block["block_id"]: _problem(block, element, _given(element, values))
        for block in blocks
        for element in _elements(block)
        if element["type"] in _KINDS
    }
    return {block_id: problem for block_id, problem in found.items() if problem}


def _given(element: Json, values: Values) -> Json:
    action_id = element["action_id"]
    return state(element, values[action_id]) if action_id in values else initial(element)


def initial(element: Json) -> Json:
    """The element's state before a person has touched it."""
    kind = _KINDS[element["type"]]
    return {kind.state: element.get(kind.initial, [] if kind.many else None)}


def initial_form(blocks: Iterable[Json]) -> Json:
    """`state.values` before a person has touched anything."""
    values: Json = {}
    for block in blocks:
        for element in _elements(block):
            if element["type"] in _KINDS:
                entry = {"type": element["type"]} | initial(element)
                values.setdefault(block.get("block_id", ""), {})[element["action_id"]] = entry
    return values


def _problem(block: Json, element: Json, given: Json) -> str | None:
    """Why Slack's client would not submit this; None if it would."""
    value = next(iter(given.values()))
    if block["type"] != "input":
        return None
    if value in (None, "", []):
        return None if block.get("optional") else "please complete this required field"
    match element["type"]:
        case "plain_text_input":
            return _length_problem(element, len(value))
        case "email_text_input" if not _EMAIL.fullmatch(value):
            return "enter a valid email address"
        case "number_input":
            return _number_problem(element, value)
    return None


def _length_problem(element: Json, length: int) -> str | None:
    longest, shortest = element.get("max_length", 3_000), element.get("min_length", 0)
    if length > longest:
        return f"at most {longest} characters"
    return f"at least {shortest} characters" if length < shortest else None


def _number_problem(element: Json, value: str) -> str | None:
    try:
        number = float(value) if element.get("is_decimal_allowed") else int(value)
    except ValueError:
        return "enter a number"
    if number < float(element.get("min_value", "-inf")):
        return f"at least {element['min_value']}"
    if number > float(element.get("max_value", "inf")):
        return f"at most {element['max_value']}"
    return None
