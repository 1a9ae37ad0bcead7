"""Block elements: https://docs.slack.dev/reference/block-kit/block-elements."""

from collections.abc import Mapping

from bot.sandbox.blockkit.rules import (
    Fields,
    Rule,
    array,
    boolean,
    choice,
    exactly_one,
    integer,
    mapping,
    record,
    string,
)
from bot.sandbox.blockkit.texts import (
    ANY_OPTION,
    CONFIRMATION,
    OPTION_GROUP,
    PLAIN_OPTION,
    RICH_TEXT,
    SLACK_FILE,
    TYPE,
    plain_text,
)

_ACTION: Fields = {"action_id": string(255, least=1)}
_CONFIRM: Fields = {"confirm": CONFIRMATION}
_FOCUS: Fields = {"focus_on_load": boolean}
_PLACEHOLDER: Fields = {"placeholder": plain_text(150)}
_INPUT: Fields = {**_ACTION, **_FOCUS, **_PLACEHOLDER, "dispatch_action_config": mapping}
_MENU: Fields = {**_ACTION, **_FOCUS, **_PLACEHOLDER, **_CONFIRM}
_MANY: Fields = {"max_selected_items": integer(1)}
_VISIBLE: Fields = {"visible_to_user_ids": array(string(), most=10)}
_STYLE: Fields = {"style": choice("primary", "danger")}
_LABEL: Fields = {"accessibility_label": string(75)}


def _options(rule: Rule, most: int) -> Fields:
    return {"options": array(rule, least=1, most=most)}


def _static(initial: Fields) -> Rule:
    choices: Fields = {
        "options": array(PLAIN_OPTION, least=1, most=100),
        "option_groups": array(OPTION_GROUP, least=1, most=100),
    }
    return record(TYPE, {**_MENU, **choices, **initial}, exactly_one("options", "option_groups"))


def _menu(initial: Fields) -> Rule:
    return record(TYPE, {**_MENU, **initial})


_FEEDBACK = record({"text": plain_text(75), "value": string(2_000)}, _LABEL)
_STRINGS = array(string())

IMAGE = record(
    {**TYPE, "alt_text": string(2_000, least=1)},
    {"image_url": string(3_000, least=1), "slack_file": SLACK_FILE},
    exactly_one("image_url", "slack_file"),
)

_BUTTON = record(
    {**TYPE, "text": plain_text(75)},
    {
        **_ACTION,
        **_CONFIRM,
        **_STYLE,
        **_LABEL,
        **_VISIBLE,
        "url": string(3_000),
        "value": string(2_000),
        "agent_prompt": string(),
        "agent_prompt_display": string(),
    },
)

ELEMENTS: Mapping[str, Rule] = {
    "button": _BUTTON,
    "checkboxes": record(
        {**TYPE, **_options(ANY_OPTION, 10)},
        {**_ACTION, **_CONFIRM, **_FOCUS, "initial_options": array(ANY_OPTION, least=1)},
    ),
    "radio_buttons": record(
        {**TYPE, **_options(ANY_OPTION, 10)},
        {**_ACTION, **_CONFIRM, **_FOCUS, "initial_option": ANY_OPTION},
    ),
    "overflow": record({**TYPE, **_options(PLAIN_OPTION, 5)}, {**_ACTION, **_CONFIRM}),
    "static_select": _static({"initial_option": PLAIN_OPTION}),
    "multi_static_select": _static({**_MANY, "initial_options": array(PLAIN_OPTION, least=1)}),
    "external_select": _menu({"initial_option": PLAIN_OPTION, "min_query_length": integer(0)}),
    "users_select": _menu({"initial_user": string()}),
    "multi_users_select": _menu({**_MANY, "initial_users": _STRINGS}),
    "channels_select": _menu({"initial_channel": string(), "response_url_enabled": boolean}),
    "multi_channels_select": _menu({**_MANY, "initial_channels": _STRINGS}),
    "conversations_select": _menu(
        {
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": mapping,
        }
    ),
    "multi_conversations_select": _menu(
        {
            **_MANY,
            "initial_conversations": _STRINGS,
            "default_to_current_conversation": boolean,
            "filter": mapping,
        }
    ),
    "datepicker": _menu({"initial_date": string(10)}),
    "timepicker": _menu({"initial_time": string(5), "timezone": string()}),
    "datetimepicker": record(
        TYPE, {**_ACTION, **_CONFIRM, **_FOCUS, "initial_date_time": integer()}
    ),
    "plain_text_input": record(
        TYPE,
        {
            **_INPUT,
            "initial_value": string(3_000),
            "multiline": boolean,
            "min_length": integer(0, 3_000),
            "max_length": integer(1, 3_000),
        },
    ),
    "email_text_input": record(TYPE, {**_INPUT, "initial_value": string()}),
    "url_text_input": record(TYPE, {**_INPUT, "initial_value": string()}),
    "number_input": record(
        {**TYPE, "is_decimal_allowed": boolean},
        {**_INPUT, "initial_value": string(), "min_value": string(), "max_value": string()},
    ),
    "rich_text_input": record(
        TYPE,
        {**_INPUT, "initial_value": RICH_TEXT, "min_lines": integer(1), "max_lines": integer(1)},
    ),
    "file_input": record(TYPE, {**_ACTION, "filetypes": _STRINGS, "max_files": integer(1, 10)}),
    "feedback_buttons": record(
        {**TYPE, "positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, _ACTION
    ),
    "icon_button": record(
        {**TYPE, "icon": string(), "text": plain_text(75)},
        {**_ACTION, **_CONFIRM, **_LABEL, **_VISIBLE, "value": string(2_000)},
    ),
    "workflow_button": record(
        {**TYPE, "text": plain_text(75), "workflow": mapping}, {**_ACTION, **_STYLE, **_LABEL}
    ),
    "image": IMAGE,
    "url": record(
        {**TYPE, "url": string(3_000, least=1)}, {"text": string(), "icon_url": string()}
    ),
}

BUTTONS = ("button",)
MENUS = tuple(name for name in ELEMENTS if name.endswith("_select"))
PICKERS = ("datepicker", "timepicker", "datetimepicker")
CHOICES = ("checkboxes", "radio_buttons")
ACTIONS_ELEMENTS = (*BUTTONS, *MENUS, *PICKERS, *CHOICES, "overflow", "workflow_button")
SECTION_ACCESSORIES = (*ACTIONS_ELEMENTS, "image")
INPUT_ELEMENTS = (
    *MENUS,
    *PICKERS,
    *CHOICES,
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
)
HAVE_ACTION_ID = frozenset(ELEMENTS) - {"image", "url"}
