"""What happens when a listener raises: the one place for it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import structlog
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.blocks import forms
from bot.listeners import home, ticket_view
from bot.listeners.attempts import attempt
from bot.parts import Parts, place_of
from core import rights
from core.errors import Denied, NotYet, Refusal

log = structlog.get_logger(__name__)

NOT_SAVED = (
    "Nothing was saved, because the desk's database does not answer or has no room. "
    "Please try again."
)
NOT_A_NOTE = (
    "This note was not kept, because Slack is still being asked for the card that it belongs to. "
    "Please write it again in a minute."
)
# How often Slack brings again what was not taken: https://docs.slack.dev/apis/events-api/#retries
RETRIES = 3


def handler(parts: Parts) -> Callable[..., Awaitable[BoltResponse]]:
    """Return the error handler.

    What was expected is told to the person and acknowledged. Anything else answers 500: nothing
    was committed, and Slack delivers an event again, until at the last time its author is told.
    """

    async def on_error(
        error: Exception, body: dict[str, Any], request: AsyncBoltRequest
    ) -> BoltResponse:
        if isinstance(error, Refusal):
            log.info("refused", why=type(error).__name__, user=_user(body))
            if isinstance(error, Denied):
                await _audit(parts, body, error)
            return _answer(parts, body, str(error), field=error.field)
        if isinstance(error, NotYet):
            log.info("Slack is to bring it again", why="a card is being posted", user=_user(body))
            if _is_lost(request):
                parts.tell(place_of(body["event"]), NOT_A_NOTE)
            return BoltResponse(status=500, body="")
        if isinstance(error, SQLAlchemyError):
            log.error("the database did not answer", error=type(error).__name__)
            text = NOT_SAVED
        else:
            incident = uuid4().hex[:8]
            log.error("a bug", incident=incident, exc_info=error)
            text = f"Something went wrong on our side. Tell an admin this number: {incident}."
        if _is_event(body):
            if _is_lost(request) and _is_a_request(parts, body["event"]):
                parts.tell(place_of(body["event"]), text)
            return BoltResponse(status=500, body="")
        return _answer(parts, body, text, field=None)

    return on_error


def _is_lost(request: AsyncBoltRequest) -> bool:
    """Whether Slack brings the event no more."""
    [times] = request.headers.get("x-slack-retry-num") or ["0"]
    return times.isdigit() and int(times) >= RETRIES


def _is_a_request(parts: Parts, event: dict[str, Any]) -> bool:
    """Whether its author awaits something of it: they wrote to the desk, and not just beside it."""
    channel = str(event.get("channel", ""))
    return bool(event.get("user")) and (
        event["type"] == "app_mention"
        or (
            (event["type"] == "message" and event.get("subtype") in {None, "file_share"})
            and (channel.startswith("D") or channel in parts.installation.intake_channels)
        )
    )


def _is_event(body: dict[str, Any]) -> bool:
    return body.get("type") == "event_callback"


def _user(body: dict[str, Any]) -> str | None:
    if _is_event(body):
        return str(body["event"].get("user") or "") or None
    return body["user"]["id"] if isinstance(body.get("user"), dict) else body.get("user_id")


async def _audit(parts: Parts, body: dict[str, Any], error: Denied) -> None:
    """Write down who tried what; the transaction in which they did is undone."""
    user_id = _user(body)
    if user_id is None:
        return
    surface, tried = attempt(body)
    try:
        await parts.desk.run(
            rights.denied,
            installation=parts.installation,
            by=user_id,
            number=error.number,
            surface=surface,
            tried=tried,
        )
    except SQLAlchemyError as failure:
        log.warning("a denied attempt was not written down", error=type(failure).__name__)


def _answer(parts: Parts, body: dict[str, Any], text: str, *, field: str | None) -> BoltResponse:
    if _is_event(body):
        event = body["event"]
        # Slack tells of a mention twice, and a refusal is told once: for the message.
        is_told = event["type"] != "app_mention"
        if is_told and event.get("user") and not event.get("bot_id"):
            parts.tell(place_of(event), text)
        return BoltResponse(status=200, body="")
    if body.get("command"):
        return _json({"response_type": "ephemeral", "text": text})
    if body.get("type") != "view_submission":
        in_view = ticket_view.refresh(parts, body, notice=text)
        if not (in_view or home.refresh(parts, body, notice=text)):
            parts.tell(body, text)
        return BoltResponse(status=200, body="")
    fields = [str(each["block_id"]) for each in body["view"]["blocks"] if each["type"] == "input"]
    if not fields:
        return _json({"response_action": "update", "view": forms.said(text).to_dict()})
    # Beside a field in any case: the form stays open, and what was typed into it is not lost.
    return _json({"response_action": "errors", "errors": {field or fields[0]: text}})


def _json(payload: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=200, body=json.dumps(payload), headers={"content-type": "application/json"}
    )
