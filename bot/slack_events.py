"""``/slack/events``: what Slack sends over HTTP, and nothing that anybody else sends."""

import asyncio
import re
from datetime import timedelta
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.types import Message, Receive

from bot.manifest import EVENTS_PATH

log = structlog.get_logger(__name__)

# Slack's own limits are far below: a view is 250 KB at most, a message's text 40,000 characters.
LARGEST = 1_000_000
# Slack waits no longer for the whole answer.
PATIENCE = timedelta(seconds=3)
CONTENT_TYPES = {"application/json", "application/x-www-form-urlencoded"}

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class Refused(Exception):
    """The request is not answered by the desk at all."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def router(app: AsyncApp, signing_secret: SecretStr) -> APIRouter:
    """Make the one route. Bolt checks the signature once more, but trips over odd headers."""
    verifier = SignatureVerifier(signing_secret.get_secret_value())
    bolt = AsyncSlackRequestHandler(app)
    made = APIRouter()

    @made.post(EVENTS_PATH)
    async def events(request: Request) -> Response:
        try:
            body = await verified(request, verifier)
        except Refused as refused:
            log.warning("refused a request that claims to be Slack's", why=str(refused))
            return JSONResponse({"error": str(refused)}, refused.status)
        return await bolt.handle(Request(request.scope, _once_more(body)))

    return made


async def verified(request: Request, verifier: SignatureVerifier) -> bytes:
    """Return the body of a request that Slack signed within the last five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack

    Raises:
        Refused: it is forged, stale, too large, or of a kind that Slack does not send.
    """
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        raise Refused(HTTPStatus.UNAUTHORIZED, "it is not signed as Slack signs")
    body = await _read(request)
    # The verifier reads the body as text, whoever sent it.
    if not _is_text(body) or not verifier.is_valid(body, timestamp, signature):
        raise Refused(HTTPStatus.UNAUTHORIZED, "the signature is wrong or too old")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "it is neither JSON nor a form")
    return body


async def _read(request: Request) -> bytes:
    """Read the body, as much of it as may be and as long as Slack would wait."""
    too_large = Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"it is larger than {LARGEST:,} bytes")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > LARGEST:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    raise too_large
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "it did not arrive in time") from None
    return bytes(body)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _once_more(body: bytes) -> Receive:
    """The body as the server hands it over, for whoever reads it next."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
