"""Dates in text, on the reader's clock."""

from datetime import UTC, datetime

import pytest
import time_machine

from bot.sandbox.page.dates import formatted
from bot.sandbox.page.reader import Reader
from bot.sandbox.sample import ANA, acme

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)  # 14:00 in Berlin, where Ana is


@pytest.mark.parametrize(
    ("hours", "pattern", "text"),
    [
        (0, "{date_num} {time_secs}", "2026-08-05 14:00:00"),
        (0, "{date_slash}", "05/08/2026"),
        (0, "{date}", "5 August 2026"),
        (0, "{date_short} at {time}", "5 Aug 2026 at 14:00"),
        (0, "{date_long}", "Wednesday, 5 August 2026"),
        (0, "opened {date_short_pretty} {time}", "opened today 14:00"),
        (-24, "{date_pretty}", "yesterday"),
        (24, "{date_long_pretty}", "tomorrow"),
        (-72, "{date_short_pretty}", "2 Aug 2026"),
        (-2, "{ago}", "2 hours ago"),
        (0, "{no_such_token}", "{no_such_token}"),
    ],
)
def test_tokens_are_filled_in(hours: int, pattern: str, text: str) -> None:
    seconds = str(int(NOON.timestamp()) + hours * 3600)
    with time_machine.travel(NOON, tick=False):
        assert formatted(Reader(acme(), ANA), seconds, pattern, "fallback") == text


@pytest.mark.parametrize("seconds", ["", "soon", "-1", "99999999999999"])
def test_without_a_moment_the_fallback_is_shown(seconds: str) -> None:
    assert formatted(Reader(acme(), ANA), seconds, "{date}", "fallback") == "fallback"
