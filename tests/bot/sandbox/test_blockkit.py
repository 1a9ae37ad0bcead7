from typing import Any

import pytest

from bot.sandbox.blockkit import block_problems, check_blocks, check_view
from bot.sandbox.blockkit.blocks import Surface
from bot.sandbox.errors import SlackError

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str = "hello", **more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def select(count: int, **more: Any) -> Block:
    options = [{"text": plain(f"Option {n}"), "value": str(n)} for n in range(count)]
    return {"type": "static_select", "action_id": "pick", "options": options, **more}


def text_input(**more: Any) -> Block:
    element = {"type": "plain_text_input", "action_id": "text", **more}
    return {"type": "input", "label": plain("Text"), "element": element}


def chart(**axis: Any) -> Block:
    series = {"name": "Tickets", "data": [{"label": "Mon", "value": 3}]}
    axis_config = {"categories": ["Mon"], **axis}
    plot = {"type": "bar", "series": [series], "axis_config": axis_config}
    return {"type": "data_visualization", "title": "Week", "chart": plot}


def modal(*blocks: Block, **more: Any) -> Block:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks), **more}


GOOD: list[tuple[Surface, list[Block]]] = [
    ("message", []),
    ("message", [section("x" * 3_000)]),
    ("message", [section() for _ in range(50)]),
    ("message", [{"type": "header", "text": plain("x" * 150)}, {"type": "divider"}]),
    ("message", [actions(button(), button(action_id="stop", style="danger", value="x" * 2_000))]),
    ("message", [actions(*(button(action_id=f"b{n}") for n in range(25)))]),
    ("message", [actions(button(visible_to_user_ids=["U1"]))]),
    ("message", [section(accessory=select(100))]),
    ("message", [{"type": "context", "elements": [plain("a"), {"type": "mrkdwn", "text": "b"}]}]),
    ("message", [{"type": "markdown", "text": "x" * 12_000}]),
    ("message", [text_input()]),
    ("message", [chart()]),
    ("modal", [{"type": "alert", "text": plain("careful"), "level": "warning"}]),
    ("modal", [text_input(max_length=3_000)]),
    ("home", [section() for _ in range(100)]),
]

BAD: list[tuple[Surface, list[Any], str, str]] = [
    ("message", [section() for _ in range(51)], "no more than 50 items", "/blocks"),
    ("modal", [section() for _ in range(101)], "no more than 100 items", "/blocks"),
    ("message", [section("x" * 3_001)], "less than 3001 characters", "/blocks/0/text/text"),
    ("message", [section("")], "more than 0 characters", "/blocks/0/text/text"),
    ("message", [{"type": "section"}], "missing required field: text or fields", "/blocks/0"),
    ("message", [{"type": "sektion"}], "unsupported type: sektion", "/blocks/0/type"),
    ("message", [{"text": "?"}], "missing required field: type", "/blocks/0"),
    ("message", ["text"], "must provide an object", "/blocks/0"),
    ("message", [section(colour="red")], "invalid additional property: colour", "/blocks/0"),
    ("message", [section(fields=[plain("a")] * 11)], "no more than 10", "/blocks/0/fields"),
    ("message", [section(fields=[plain("x" * 2_001)])], "2001", "/blocks/0/fields/0/text"),
    ("message", [section(block_id="x" * 256)], "256", "/blocks/0/block_id"),
    ("message", [section(block_id="a"), section(block_id="a")], "exists", "/blocks/1/block_id"),
    ("message", [{"type": "header", "text": plain("x" * 151)}], "151", "/blocks/0/text/text"),
    (
        "message",
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "must be one of: plain_text",
        "/blocks/0/text/type",
    ),
    ("message", [actions()], "no fewer than 1", "/blocks/0/elements"),
    (
        "message",
        [actions(*(button(action_id=f"b{n}") for n in range(26)))],
        "no more than 25",
        "/blocks/0/elements",
    ),
    ("message", [actions(button(), button())], "already exists", "/blocks/0/elements"),
    (
        "message",
        [actions(button(text=plain("x" * 76)))],
        "less than 76",
        "/blocks/0/elements/0/text/text",
    ),
    (
        "message",
        [actions(button(value="x" * 2_001))],
        "less than 2001",
        "/blocks/0/elements/0/value",
    ),
    ("message", [actions(button(style="loud"))], "one of: primary", "/blocks/0/elements/0/style"),
    (
        "message",
        [actions(button(confirm={"title": plain("Sure?")}))],
        "missing required field: text",
        "/blocks/0/elements/0/confirm",
    ),
    ("message", [section(accessory=select(101))], "100 items", "/blocks/0/accessory/options"),
    (
        "message",
        [section(accessory={"type": "static_select", "action_id": "a"})],
        "exactly one of: options, option_groups",
        "/blocks/0/accessory",
    ),
    (
        "message",
        [
            section(
                accessory=select(2, initial_option={"text": plain("Other"), "value": "other"}),
            )
        ],
        "initial_option is not one of the options",
        "/blocks/0",
    ),
    (
        "message",
        [section(accessory=select(6) | {"type": "overflow"})],
        "no more than 5",
        "/blocks/0/accessory/options",
    ),
    (
        "message",
        [{"type": "context", "elements": [plain("x")] * 11}],
        "no more than 10",
        "/blocks/0/elements",
    ),
    ("message", [{"type": "context", "elements": [button()]}], "button", "/blocks/0/elements/0"),
    ("message", [actions(text_input()["element"])], "plain_text_input", "/blocks/0/elements/0"),
    ("message", [{"type": "alert", "text": plain("x")}], "unsupported type: alert", "/blocks/0"),
    ("modal", [{"type": "markdown", "text": "x"}], "unsupported type: markdown", "/blocks/0"),
    ("message", [{"type": "markdown", "text": "x" * 7_000}] * 2, "12001 characters", "/blocks"),
    ("message", [chart(categories=["Tue"])], "labels must match", "/blocks/0/chart/series/0/data"),
    ("message", [chart(x_label="x" * 51)], "51", "/blocks/0/chart/axis_config/x_label"),
    ("message", [chart()] * 3, "two charts", "/blocks"),
    ("modal", [text_input(max_length=3_001)], "at most 3000", "/blocks/0/element/max_length"),
    ("modal", [{"type": "image", "image_url": "https://a"}], "field: alt_text", "/blocks/0"),
]


@pytest.mark.parametrize(("surface", "blocks"), GOOD)
def test_what_slack_takes(surface: Surface, blocks: list[Block]) -> None:
    assert block_problems(blocks, surface) == []


@pytest.mark.parametrize(("surface", "blocks", "words", "place"), BAD)
def test_what_slack_refuses(surface: Surface, blocks: list[Any], words: str, place: str) -> None:
    problems = block_problems(blocks, surface)

    assert any(words in problem and f"[json-pointer:{place}" in problem for problem in problems)


def test_missing_ids_are_filled_in() -> None:
    block = check_blocks([actions({"type": "button", "text": plain("Go")})], "message")[0]

    assert block["block_id"]
    assert block["elements"][0]["action_id"]


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (modal(section(), title=plain("x" * 25)), "less than 25 characters"),
        (modal(text_input()), "missing required field: submit"),
        (modal(section(), private_metadata="x" * 3_001), "less than 3001 characters"),
        (modal(section(), callback_id="x" * 256), "less than 256 characters"),
        (modal(section(""), submit=plain("Go")), "/view/blocks/0/text/text"),
        ({"type": "modal", "blocks": []}, "missing required field: title"),
        ({"type": "home", "blocks": [], "title": plain("x")}, "additional property: title"),
        ({"type": "window"}, "unsupported type: window"),
        ({}, "missing required field: type"),
    ],
)
def test_what_slack_refuses_in_a_view(view: Block, words: str) -> None:
    with pytest.raises(SlackError) as refused:
        check_view(view)

    assert refused.value.error == "invalid_arguments"
    assert words in str(refused.value.details["response_metadata"]["messages"])


def test_a_view_has_a_size_limit() -> None:
    options = select(100)["options"]
    long = [option | {"description": plain("ä" * 75)} for option in options]
    blocks = [section(block_id=str(n), accessory=select(1, options=long)) for n in range(20)]

    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(*blocks))
