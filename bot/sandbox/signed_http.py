"""Deliveries over HTTP, signed with the app's signing secret."""

import hashlib
import hmac
import json
import secrets
import time
from http import HTTPStatus
from time import perf_counter
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.delivery import Ack, AckStatus, Attempt
from bot.sandbox.records import Json

_REASONS = {"timeout": "http_timeout", "refused": "http_error", "unreachable": "connection_failed"}


def signature(secret: str, timestamp: str, body: str) -> str:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    base = f"v0:{timestamp}:{body}"
    return "v0=" + hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest()


class SignedHttp:
    """Posts payloads to the app's request URL."""

    def __init__(self, request_url: str, signing_secret: str) -> None:
        self.url = request_url
        self._secret = signing_secret
        self._session: aiohttp.ClientSession | None = None

    async def send(self, attempt: Attempt, timeout: float) -> Ack:  # noqa: ASYNC109 - see Transport
        body, content_type = _body(attempt)
        headers = self._signed(body) | {"content-type": content_type}
        if attempt.retry:
            headers |= {
                "x-slack-retry-num": str(attempt.retry),
                "x-slack-retry-reason": attempt.reason,
            }
        started = perf_counter()

        def ack(status: AckStatus, payload: Json | None = None, *, no_retry: bool = False) -> Ack:
            return Ack(status, (perf_counter() - started) * 1_000, payload, no_retry)

        try:
            async with self._client().post(
                self.url,
                data=body.encode(),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                text = await response.text()
        except TimeoutError:
            return ack("timeout")
        except aiohttp.ClientError:
            return ack("unreachable")
        if response.status != HTTPStatus.OK:
            return ack("refused", no_retry=response.headers.get("x-slack-no-retry") == "1")
        return ack("acked", _answer(text, response.content_type))

    def retry_reason(self, ack: Ack) -> str:
        return _REASONS[ack.status]

    async def verify_url(self) -> bool:
        """Whether the app echoes the challenge, as Slack asks before it saves a request URL.

        https://docs.slack.dev/reference/events/url_verification
        """
        challenge = secrets.token_urlsafe(32)
        body = json.dumps({"type": "url_verification", "challenge": challenge})
        headers = self._signed(body) | {"content-type": "application/json"}
        async with self._client().post(self.url, data=body, headers=headers) as response:
            return response.status == HTTPStatus.OK and challenge in await response.text()

    def _signed(self, body: str) -> dict[str, str]:
        timestamp = str(int(time.time()))
        return {
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": signature(self._secret, timestamp, body),
        }

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            # Slack opens connections as it needs them; a pool limit would queue a burst.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _body(attempt: Attempt) -> tuple[str, str]:
    """Events are JSON, commands a form, interactions a form with the JSON as `payload`."""
    form = "application/x-www-form-urlencoded"
    if attempt.type == "events_api":
        return json.dumps(attempt.payload), "application/json"
    if attempt.type == "slash_commands":
        return urlencode(attempt.payload), form
    return urlencode({"payload": json.dumps(attempt.payload)}), form


def _answer(text: str, content_type: str) -> Json | None:
    if not text:
        return None
    if content_type != "application/json":
        return {"text": text}
    answer = json.loads(text)
    return answer if isinstance(answer, dict) else None
