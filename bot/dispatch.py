"""Bolt's app, in which every line that a request leads to says which request that was."""

import re
from collections.abc import Iterator
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from structlog.contextvars import bound_contextvars

from core.metrics import Metrics

FACT_LIMIT = 80
# https://docs.slack.dev/reference/interaction-payloads
SURFACES = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "command",
        "event",
        "message_action",
        "shortcut",
        "view_closed",
        "view_submission",
    }
)


class App(AsyncApp):
    """What comes over the socket and what comes over HTTP passes here, once."""

    def __init__(self, *, metrics: Metrics, **options: Any) -> None:
        super().__init__(**options)
        self._metrics = metrics

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Have it answered."""
        if req.raw_body and not req.body:
            req = _read_again(req)
        said = facts(req.body)
        surface = str(said.get("surface"))
        acks = self._metrics.acks.labels(surface=surface if surface in SURFACES else "other")
        with bound_contextvars(**said), acks.time():
            return await super().async_dispatch(req)


def facts(body: dict[str, Any]) -> dict[str, str | int]:
    """Return what the log says of a request: who used what, and ids; never what somebody wrote."""
    event = body.get("event") or {}
    action = (body.get("actions") or [{}])[0]
    view = body.get("view") or {}
    found = {
        "surface": "event" if event else "command" if body.get("command") else body.get("type"),
        "what": event.get("type")
        or body.get("command")
        or action.get("action_id")
        or body.get("callback_id")
        or view.get("callback_id"),
        "event_id": body.get("event_id"),
        "team": _id(body.get("team") or body.get("team_id")),
        "user": _id(event.get("user") or body.get("user") or body.get("user_id")),
    }
    said: dict[str, str | int] = {
        name: str(value)[:FACT_LIMIT] for name, value in found.items() if value
    }
    for number in _numbers(action, view):
        said["ticket"] = number
    return said


def _id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _numbers(action: dict[str, Any], view: dict[str, Any]) -> Iterator[int]:
    """The number of the ticket that an element or a form acts on: see ``ids.Target``."""
    option = action.get("selected_option") or {}
    for value in (action.get("value"), option.get("value"), view.get("private_metadata")):
        if isinstance(value, str) and (found := re.match(r"(\d{1,18}):\d+:", value)):
            yield int(found[1])


def _read_again(req: AsyncBoltRequest) -> AsyncBoltRequest:
    """Read the form of a command that has the word "payload" somewhere in it.

    Bolt takes that word for the name of a field, finds none of that name, and reads nothing.
    """
    body = req.raw_body.replace("payload", "%70ayload")
    again = AsyncBoltRequest(body=body, query=req.query, headers=req.headers, mode=req.mode)
    again.raw_body = req.raw_body  # it is that which is signed
    return again
