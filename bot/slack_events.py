"""``/slack/events``: what Slack sends over HTTP, and nothing that anybody else sends."""

import asyncio
import json
import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, SecretStr
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect

from bot.manifest import EVENTS_PATH

log = structlog.get_logger(__name__)

# Slack waits no longer for the whole answer.
PATIENCE = timedelta(seconds=3)
JSON = "application/json"
CONTENT_TYPES = {JSON, "application/x-www-form-urlencoded"}

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class Shape(BaseModel):
    """What is reached into before any listener is chosen, by Bolt and by ``dispatch.facts``."""

    event: dict[str, Any] | None = None
    view: dict[str, Any] | None = None
    actions: list[dict[str, Any]] | None = None


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

    @made.post(EVENTS_PATH, include_in_schema=False)
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
    try:
        Shape.model_validate(_object(body.decode(), kind))
    except (ValueError, RecursionError):
        raise Refused(HTTPStatus.BAD_REQUEST, "it is not shaped as what Slack sends") from None


async def _read(request: Request) -> bytes:
    """Read the body, and wait no longer for it than Slack would for an answer."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await request.body()
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "it did not arrive in time") from None
    except ClientDisconnect:
        raise Refused(HTTPStatus.BAD_REQUEST, "it broke off") from None


def _object(body: str, kind: str) -> Any:
    """Return the JSON that it is or carries, found where Bolt looks for it.

    Raises:
        ValueError, RecursionError: it is no JSON, or nested without end.
    """
    if kind == JSON or body.startswith("{"):
        return json.loads(body)
    return json.loads(dict(parse_qsl(body, keep_blank_values=True)).get("payload", "{}"))


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
