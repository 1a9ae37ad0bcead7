"""Interactive elements: what they are called, what they offer, what is chosen."""

from typing import Any

import pytest

from bot.sandbox.page.blocks import label_of
from bot.sandbox.page.options import Option, is_chosen, options
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.surface import initial_value
from bot.sandbox.records import Json
from bot.sandbox.sample import ANA, acme


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


@pytest.fixture
def reader() -> Reader:
    return Reader(acme(), ANA)


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input", "initial_value": "x"}, "x"),
        ({"type": "plain_text_input"}, None),
        ({"type": "static_select", "initial_option": option("high")}, "high"),
        ({"type": "checkboxes", "initial_options": [option("a"), option("b")]}, ["a", "b"]),
        ({"type": "checkboxes"}, []),
        ({"type": "users_select", "initial_user": ANA}, ANA),
        ({"type": "multi_users_select", "initial_users": [ANA]}, [ANA]),
    ],
)
def test_what_the_app_filled_in_is_there(element: Json, value: Any) -> None:
    assert initial_value(element) == value


@pytest.mark.parametrize(
    ("block", "label"),
    [
        ({"type": "input", "label": plain("Title")}, "Title"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "*Category*\nmore"}}, "Category"),
        ({"type": "section", "fields": []}, "Choose one"),
        ({"type": "actions"}, "Choose one"),
    ],
)
def test_an_element_is_called_by_the_words_beside_it(
    reader: Reader, block: Json, label: str
) -> None:
    element = {"action_id": "category", "placeholder": plain("Choose one")}
    assert label_of(block, element, reader) == label


def test_an_element_without_words_is_called_by_its_id(reader: Reader) -> None:
    assert label_of({"type": "actions"}, {"action_id": "category"}, reader) == "category"


def test_groups_of_options_keep_their_headings(reader: Reader) -> None:
    element = {
        "type": "static_select",
        "option_groups": [{"label": plain("Urgent"), "options": [option("high")]}],
    }
    assert options(element, reader) == [Option("high", "High", group="Urgent")]


def test_people_and_channels_can_be_chosen(reader: Reader) -> None:
    people = [choice.text for choice in options({"type": "users_select"}, reader)]
    channels = [choice.text for choice in options({"type": "channels_select"}, reader)]
    assert people[:2] == ["Ana Alvarez", "Ben Okafor"]
    assert channels == ["#general", "#help"]


@pytest.mark.parametrize(
    ("value", "chosen"), [("a", True), ("b", False), (["b", "a"], True), ([], False), (None, False)]
)
def test_an_option_knows_whether_it_is_chosen(value: Any, chosen: bool) -> None:
    assert is_chosen(Option("a", "A"), value) is chosen
