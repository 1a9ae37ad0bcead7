"""What is taken over HTTP: what Slack signed within five minutes, and nothing else."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck
from slack_bolt.authorization import AuthorizeResult

from bot import slack_events
from bot.dispatch import App
from bot.http import LARGEST, create_app
from core.metrics import Metrics
from core.settings import Settings

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EVENT = {"type": "event_callback", "team_id": "T1", "event": {"type": "message", "user": "U1"}}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

Headers = dict[str, str]


class Desk:
    """Bolt behind the route, the real one; its listeners note what reached them."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        bolt = App(
            authorize=_authorize,
            signing_secret=SECRET,
            process_before_response=True,
            metrics=Metrics(),
        )
        bolt.event("message")(self._note)
        bolt.command("/ticket")(self._note)
        settings = Settings(
            _env_file=None,
            slack_bot_token=SecretStr("xoxb-1"),
            slack_signing_secret=SecretStr(SECRET),
        )
        nobody: Any = None
        self.app = create_app(bolt, settings, nobody)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://desk.example"
        )

    async def _note(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self.heard.append(body)

    async def post(self, body: Any, headers: Any) -> httpx.Response:
        return await self.client.post("/slack/events", content=body, headers=headers)


async def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="UBOT", bot_token="xoxb-1")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.client.aclose()


def signed(body: bytes, *, kind: str = JSON, at: float | None = None, by: str = SECRET) -> Headers:
    """Return the headers with which Slack sends that body."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(by.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    return {
        "content-type": kind,
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": f"v0={digest.hexdigest()}",
    }


BODY = json.dumps(EVENT).encode()
FIVE_MINUTES = 5 * 60


async def test_what_slack_signed_is_heard(desk: Desk) -> None:
    assert (await desk.post(BODY, signed(BODY))).status_code == 200
    again = signed(BODY) | {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    assert (await desk.post(BODY, again)).status_code == 200
    assert desk.heard == [EVENT, EVENT]


@pytest.mark.parametrize("word", ["payload", "a payload of 2 t, and a payload more"])
async def test_a_command_is_heard_whatever_it_says(desk: Desk, word: str) -> None:
    """Bolt takes a form with that word in it for an interaction, and reads nothing."""
    said = {"command": "/ticket", "text": word, "team_id": "T1", "user_id": "U1"}
    body = urlencode(said).encode()
    assert (await desk.post(body, signed(body, kind=f"{FORM}; charset=utf-8"))).status_code == 200
    assert desk.heard == [said]


async def test_slack_may_ask_whether_the_address_is_ours(desk: Desk) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c-42", "token": "t"}).encode()
    answer = await desk.post(body, signed(body))
    assert (answer.status_code, answer.json()) == (200, {"challenge": "c-42"})
    forged = await desk.post(body, signed(body, by="another"))
    assert forged.status_code == 401
    assert "c-42" not in forged.text


def odd(name: str, value: str | bytes) -> list[tuple[bytes, bytes]]:
    """Return headers of which one is not as Slack writes it."""
    made = signed(BODY) | {name: ""}
    raw = {key.encode(): each.encode() for key, each in made.items()}
    raw[name.encode()] = value.encode() if isinstance(value, str) else value
    return list(raw.items())


def without(name: str) -> Headers:
    return {key: value for key, value in signed(BODY).items() if key != name}


TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
NOW = str(int(time.time()))

FORGED: dict[str, Any] = {
    "by somebody else": signed(BODY, by="another secret"),
    "for another body": signed(BODY + b" "),
    "not at all": {"content-type": JSON},
    "no signature": without(SIGNATURE),
    "no timestamp": without(TIMESTAMP),
    "a timestamp of words": odd(TIMESTAMP, "yesterday"),
    "a negative timestamp": odd(TIMESTAMP, f"-{NOW}"),
    "a timestamp in other digits": odd(TIMESTAMP, "١٧٦٣".encode()),
    "an endless timestamp": odd(TIMESTAMP, "9" * 5000),
    "a timestamp with blanks": odd(TIMESTAMP, f"{NOW} {NOW}"),
    "a signature that is no ASCII": odd(SIGNATURE, b"v0=\xff\xfe" + b"a" * 62),
    "a signature of another version": odd(SIGNATURE, "v1=" + "a" * 64),
    "a short signature": odd(SIGNATURE, "v0=" + "a" * 63),
    "an empty signature": odd(SIGNATURE, ""),
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_request_is_refused(desk: Desk, headers: Any) -> None:
    answer = await desk.post(BODY, headers)
    assert answer.status_code == 401
    assert "error" in answer.json()
    assert desk.heard == []


@pytest.mark.parametrize("away", [-FIVE_MINUTES - 2, FIVE_MINUTES + 2, -1e6, 1e9])
async def test_a_stale_or_future_request_is_refused(desk: Desk, away: float) -> None:
    assert (await desk.post(BODY, signed(BODY, at=time.time() + away))).status_code == 401
    assert desk.heard == []


@pytest.mark.parametrize("away", [-FIVE_MINUTES + 5, FIVE_MINUTES - 5])
async def test_clocks_may_differ_a_little(desk: Desk, away: float) -> None:
    assert (await desk.post(BODY, signed(BODY, at=time.time() + away))).status_code == 200


@pytest.mark.parametrize("body", [b"\xff\xfe{", b"ssl_check=1&token=x", b"{broken", b""])
async def test_nothing_unsigned_gets_as_far_as_bolt(desk: Desk, body: bytes) -> None:
    """It would trip over some of it, and answer some of it unasked."""
    assert (await desk.post(body, signed(body, by="another"))).status_code == 401


async def test_what_is_too_large_is_not_read_to_its_end(desk: Desk) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 50 * LARGEST:
            read += 100_000
            yield b" " * 100_000

    assert (await desk.post(endless(), signed(BODY))).status_code == 413
    assert read <= LARGEST + 100_000
    announced = signed(BODY) | {"content-length": str(LARGEST + 1)}
    assert (await desk.post(BODY, announced)).status_code == 413
    large = json.dumps(EVENT | {"more": "x" * (LARGEST - 1_000)}).encode()
    assert (await desk.post(large, signed(large))).status_code == 200
    assert len(desk.heard) == 1


async def test_what_does_not_arrive_is_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield BODY[:10]
        await asyncio.Event().wait()

    monkeypatch.setattr(slack_events, "PATIENCE", timedelta(milliseconds=10))
    assert (await desk.post(stuck(), signed(BODY))).status_code == 408
    assert desk.heard == []


async def test_who_goes_away_in_the_middle_is_no_bug_of_the_desk(desk: Desk) -> None:
    arriving = [
        {"type": "http.request", "body": BODY[:10], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return arriving.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/slack/events",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in signed(BODY).items()],
    }
    await desk.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert desk.heard == []


ODD: list[tuple[str, str]] = [
    (JSON, "{broken"),
    (JSON, "[1]"),
    (JSON, "null"),
    (JSON, '{"a":' * 100_000 + "1" + "}" * 100_000),
    (JSON, json.dumps(EVENT | {"event": "message"})),
    (JSON, json.dumps(EVENT | {"view": 3})),
    (JSON, json.dumps(EVENT | {"actions": "abc"})),
    (FORM, "{broken"),
    (FORM, urlencode({"payload": "broken"})),
    (FORM, urlencode({"payload": "[1]"})),
    (FORM, urlencode({"payload": json.dumps({"type": "block_actions", "actions": [1]})})),
]


@pytest.mark.parametrize(("kind", "text"), ODD, ids=[f"{a} {b[:40]}" for a, b in ODD])
async def test_what_is_signed_but_no_request_of_slack_s(desk: Desk, kind: str, text: str) -> None:
    body = text.encode()
    assert (await desk.post(body, signed(body, kind=kind))).status_code == 400
    assert desk.heard == []


async def test_other_kinds_and_methods(desk: Desk) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", ""):
        assert (await desk.post(BODY, signed(BODY, kind=kind))).status_code == 415
    for method in ("GET", "PUT", "DELETE"):
        answer = await desk.client.request(method, "/slack/events", headers=signed(b""))
        assert answer.status_code == 405
    assert desk.heard == []
