"""The `rich_text` block."""

import pytest

from bot.sandbox.page.reader import Reader
from bot.sandbox.page.rich_text import parse
from bot.sandbox.page.text import Kind, Passage, Run, Style
from bot.sandbox.records import Json
from bot.sandbox.sample import ANA, BEN, HELP, acme


@pytest.fixture
def reader() -> Reader:
    return Reader(acme(), ANA)


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


@pytest.mark.parametrize(
    ("element", "run"),
    [
        ({"type": "text", "text": "*as it is* <b>"}, Run("*as it is* <b>")),
        (
            {"type": "text", "text": "x", "style": {"bold": True, "code": True}},
            Run("x", Style(bold=True, code=True)),
        ),
        (
            {"type": "link", "url": "https://a.example", "text": "a"},
            Run("a", href="https://a.example"),
        ),
        ({"type": "link", "url": "javascript:alert(1)", "text": "a"}, Run("a")),
        ({"type": "link", "url": "javascript:alert(1)"}, Run("javascript:alert(1)")),
        ({"type": "user", "user_id": BEN}, Run("@Ben Okafor", is_mention=True)),
        ({"type": "channel", "channel_id": HELP}, Run("#help", is_mention=True)),
        ({"type": "broadcast", "range": "here"}, Run("@here", is_mention=True)),
        ({"type": "emoji", "name": "tada"}, Run("🎉")),
        ({"type": "emoji", "name": "in_house"}, Run(":in_house:")),
        ({"type": "date", "timestamp": 1392734382, "format": "{date_num}"}, Run("2014-02-18")),
        ({"type": "color", "value": "#ff0000"}, Run("#ff0000")),
    ],
)
def test_an_element_is_a_run(reader: Reader, element: Json, run: Run) -> None:
    block = {"type": "rich_text", "elements": [section(element)]}
    assert parse(block, reader) == (Passage(Kind.TEXT, (run,)),)


def test_quotes_code_and_lists_are_passages(reader: Reader) -> None:
    words = {"type": "text", "text": "x"}
    block = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_quote", "elements": [words]},
            {"type": "rich_text_preformatted", "elements": [words]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "offset": 3,
                "elements": [section(words), section(words)],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 1,
                "elements": [section(words)],
            },
        ],
    }
    assert [(part.kind, part.indent, part.marker) for part in parse(block, reader)] == [
        (Kind.QUOTE, 0, ""),
        (Kind.CODE, 0, ""),
        (Kind.ITEM, 0, "4."),
        (Kind.ITEM, 0, "5."),
        (Kind.ITEM, 1, "◦"),
    ]
