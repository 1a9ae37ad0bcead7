"""What the inspector says of an exchange."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.page import exchanges
from bot.sandbox.page.exchanges import Choice
from bot.sandbox.traffic import Exchange

CALL = Exchange(
    at=datetime(2026, 1, 1, tzinfo=UTC),
    direction="call",
    kind="chat.postMessage",
    name="",
    payload={"channel": "C1", "text": "hi"},
    response={"ok": True},
    status="200",
    ms=12.4,
)
LIMITED = replace(CALL, status="429", response={"ok": False, "error": "ratelimited"}, ms=0.2)
EVENT = replace(
    CALL, direction="delivery", kind="events_api", name="message", status="acked", response=None
)
LOST = replace(EVENT, status="unreachable", retry=1)


def test_each_is_named_and_judged() -> None:
    said = [
        (exchanges.name(each), exchanges.verdict(each), exchanges.duration(each))
        for each in (CALL, LIMITED, EVENT, LOST)
    ]
    assert said == [
        ("chat.postMessage", "200", "12 ms"),
        ("chat.postMessage", "429 ratelimited", "<1 ms"),
        ("message (events_api)", "acked", "12 ms"),
        ("message (events_api, try 2)", "unreachable", "12 ms"),
    ]


@pytest.mark.parametrize(
    ("choice", "listed"),
    [
        (Choice.ALL, [CALL, LIMITED, EVENT, LOST]),
        (Choice.CALLS, [CALL, LIMITED]),
        (Choice.DELIVERIES, [EVENT, LOST]),
        (Choice.FAILED, [LIMITED, LOST]),
    ],
)
def test_what_is_listed(choice: Choice, listed: list[Exchange]) -> None:
    assert [each for each in (CALL, LIMITED, EVENT, LOST) if exchanges.fits(each, choice)] == listed


@pytest.mark.parametrize(
    "payload",
    [
        {"token": "SECRET"},
        {"a": [{"token": "SECRET"}]},
        {"text": "my xoxb-SECRET and xapp-1-SECRET"},
        {"view": json.dumps({"token": "SECRET"})},
        {"url": "ws://127.0.0.1:1/link?ticket=SECRET"},
    ],
)
def test_no_token_is_shown(payload: dict[str, Any]) -> None:
    shown = exchanges.as_json(payload)
    assert "SECRET" not in shown
    assert "[hidden]" in shown


def test_what_forms_carry_as_text_is_unfolded() -> None:
    shown = exchanges.as_json({"blocks": '[{"type": "divider"}]', "text": "{not json", "n": "[x"})
    assert json.loads(shown) == {"blocks": [{"type": "divider"}], "text": "{not json", "n": "[x"}


def test_a_long_payload_is_cut() -> None:
    assert len(exchanges.as_json({"text": "a" * 90_000})) < exchanges.LONGEST_SHOWN + 100
