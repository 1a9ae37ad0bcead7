"""Bare thanks reopen nothing; anything else might be a request."""

import pytest

from core.thanks import is_only_thanks


@pytest.mark.parametrize(
    "text",
    ["thanks!", "Thank you so much :tada:", "👍", ":+1:", "Perfect, works now", "Danke schön!", ""],
)
def test_only_thanks(text: str) -> None:
    assert is_only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "still broken",
        "thanks, but it is still slow",
        "works now?",
        "thanks. And how do I print?",
        "it works now works now works now works now ok",
    ],
)
def test_something_to_act_on(text: str) -> None:
    assert not is_only_thanks(text)
