"""Which messages are drawn as cards."""

import pytest

from bot.sandbox.page.message import is_card
from bot.sandbox.records import Json, Message
from bot.sandbox.sample import HELP


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "header"}, True),
        ({"type": "actions"}, True),
        ({"type": "section", "accessory": {"type": "button", "action_id": "open"}}, True),
        ({"type": "section", "accessory": {"type": "image"}}, False),
        ({"type": "section"}, False),
        ({"type": "context"}, False),
    ],
)
def test_what_one_works_with_is_a_card_and_what_is_said_is_not(block: Json, expected: bool) -> None:
    assert is_card(Message(HELP, "1.0", "U1", "words", blocks=(block,))) is expected
