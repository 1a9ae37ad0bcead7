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

from bot.manifest import EVENTS_PATH

log = structlog.get_logger(__name__)

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
            await verify(request, verifier)
        except Refused as refused:
            log.warning("refused a request that claims to be Slack's", why=str(refused))
            return JSONResponse({"error": str(refused)}, refused.status)
        return await bolt.handle(request)

    return made


async def verify(request: Request, verifier: SignatureVerifier) -> None:
    """Let pass what Slack signed within the last five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack

    Raises:
        Refused: it is forged, stale, or of a kind that Slack does not send.
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


async def _read(request: Request) -> bytes:
    """Read the body, and wait no longer for it than Slack would for an answer."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await request.body()
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "it did not arrive in time") from None


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
