"""Blocks and where they may appear: https://docs.slack.dev/reference/block-kit/blocks."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bot.sandbox.blockkit.charts import CHART
from bot.sandbox.blockkit.elements import (
    ACTIONS_ELEMENTS,
    ELEMENTS,
    IMAGE,
    INPUT_ELEMENTS,
    SECTION_ACCESSORIES,
)
from bot.sandbox.blockkit.rules import (
    Fields,
    Rule,
    array,
    at_least_one,
    boolean,
    by_type,
    choice,
    exactly_one,
    integer,
    mapping,
    number,
    optional_mapping,
    problem,
    record,
    string,
)
from bot.sandbox.blockkit.texts import RICH_TEXT, SLACK_FILE, TYPE, any_text, plain_text

Surface = Literal["message", "modal", "home"]

_ID: Fields = {"block_id": string(255, least=1)}
_ICON = by_type({"image": IMAGE, "icon": record({**TYPE, "name": string()}, {})})
_CONTEXT_ELEMENT = by_type(
    {"image": IMAGE, "mrkdwn": any_text(3_000), "plain_text": any_text(3_000)}
)


def _block(required: Fields, optional: Fields | None = None, *checks: Rule) -> Rule:
    return record({**TYPE, **required}, {**_ID, **(optional or {})}, *checks)


def _initial_in_options(value: Any, at: str) -> Iterator[str]:
    """A check of an actions, section or input block's elements: what is chosen can be chosen."""
    elements = value.get("elements") or [value.get("element"), value.get("accessory")]
    for element in elements if isinstance(elements, list) else ():
        options = element.get("options") if isinstance(element, dict) else None
        initial = element.get("initial_option") if isinstance(element, dict) else None
        if isinstance(options, list) and initial is not None and initial not in options:
            yield problem("initial_option is not one of the options", at)


def _unique_action_ids(value: Any, at: str) -> Iterator[str]:
    seen: set[str] = set()
    for element in value.get("elements") or ():
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id in seen:
            yield problem(
                f"`action_id` {action_id!r} already exists in this block", f"{at}/elements"
            )
        seen |= {action_id} if action_id else set()


_CARD = _block(
    {},
    {
        "hero_image": IMAGE,
        "icon": _ICON,
        "title": any_text(150),
        "subtitle": any_text(150),
        "body": any_text(200),
        "subtext": any_text(200),
        "actions": array(by_type(ELEMENTS, *ACTIONS_ELEMENTS), most=3),
        "slack_icon": mapping,
    },
    at_least_one("hero_image", "title", "body", "actions"),
)
_TASK_CARD = _block(
    {"task_id": string(255, least=1), "title": string(least=1)},
    {
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": array(by_type(ELEMENTS, "url")),
        "status": choice("pending", "in_progress", "complete", "error"),
    },
)
_CELL = by_type(
    {
        "raw_text": record({**TYPE, "text": string(least=1)}, {}),
        "raw_number": record({**TYPE, "value": number}, {"text": string()}),
        "rich_text": RICH_TEXT,
    }
)
_SIMPLE: dict[str, Rule] = {
    "actions": _block(
        {"elements": array(by_type(ELEMENTS, *ACTIONS_ELEMENTS), least=1, most=25)},
        None,
        _unique_action_ids,
        _initial_in_options,
    ),
    "alert": _block(
        {"text": any_text(200)},
        {"level": choice("default", "info", "warning", "error", "success")},
    ),
    "card": _CARD,
    "carousel": _block({"elements": array(by_type({"card": _CARD}), least=1, most=10)}),
    "context": _block({"elements": array(_CONTEXT_ELEMENT, least=1, most=10)}),
    "context_actions": _block(
        {"elements": array(by_type(ELEMENTS, "feedback_buttons", "icon_button"), least=1, most=5)},
        None,
        _unique_action_ids,
    ),
    "data_table": _block(
        {
            "caption": string(least=1),
            "rows": array(array(_CELL, least=1, most=20), least=2, most=201),
        },
        {"page_size": integer(1, 100), "row_header_column_index": integer(0)},
    ),
    "data_visualization": _block({"title": string(50, least=1), "chart": CHART}),
    "divider": _block({}),
    "file": _block({"external_id": string(), "source": choice("remote")}),
    "header": _block({"text": plain_text(150)}, {"level": integer(1, 4)}),
    "image": _block(
        {"alt_text": string(2_000, least=1)},
        {
            "image_url": string(3_000, least=1),
            "slack_file": SLACK_FILE,
            "title": plain_text(2_000),
        },
        exactly_one("image_url", "slack_file"),
    ),
    "input": _block(
        {"label": plain_text(2_000), "element": by_type(ELEMENTS, *INPUT_ELEMENTS)},
        {"hint": plain_text(2_000), "optional": boolean, "dispatch_action": boolean},
        _initial_in_options,
    ),
    "markdown": _block({"text": string(12_000, least=1)}),
    "plan": _block(
        {"title": string(least=1)}, {"tasks": array(by_type({"task_card": _TASK_CARD}))}
    ),
    "rich_text": RICH_TEXT,
    "section": _block(
        {},
        {
            "text": any_text(3_000),
            "fields": array(any_text(2_000), least=1, most=10),
            "accessory": by_type(ELEMENTS, *SECTION_ACCESSORIES),
            "expand": boolean,
        },
        at_least_one("text", "fields"),
        _initial_in_options,
    ),
    "table": _block(
        {"rows": array(array(_CELL, most=20), least=1, most=100)},
        {"column_settings": array(optional_mapping, most=20)},
    ),
    "task_card": _TASK_CARD,
    "video": _block(
        {
            "alt_text": string(200, least=1),
            "title": plain_text(200),
            "video_url": string(3_000),
            "thumbnail_url": string(3_000),
        },
        {
            "title_url": string(3_000),
            "description": plain_text(200),
            "provider_name": string(50),
            "provider_icon_url": string(3_000),
            "author_name": string(50),
        },
    ),
}

_CONTAINED = (
    "actions",
    "context",
    "divider",
    "header",
    "image",
    "rich_text",
    "section",
    "markdown",
)
BLOCKS: Mapping[str, Rule] = {
    **_SIMPLE,
    "container": _block(
        {"child_blocks": array(by_type(_SIMPLE, *_CONTAINED), least=1, most=10)},
        {
            "title": any_text(150),
            "rich_text_title": RICH_TEXT,
            "subtitle": any_text(150),
            "width": string(),
            "icon": _ICON,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
    ),
}

_EVERYWHERE = (
    *("actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"),
)
SURFACES: Mapping[Surface, tuple[str, ...]] = {
    "message": tuple(name for name in BLOCKS if name != "alert"),
    "modal": (*_EVERYWHERE, "alert"),
    "home": (*_EVERYWHERE, "card", "carousel", "container"),
}
LIMITS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
