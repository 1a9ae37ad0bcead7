"""Who is let in to the API, and how often: before anything of a request is read but its head."""

from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import exc
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from bot.api import problems
from bot.api.allowance import Allowance
from bot.api.problems import Problem
from bot.parts import Parts
from core import rights, tokens
from core.audit import Surface
from core.caller import Caller
from core.errors import Denied, Refusal
from core.tokens import PREFIX as TOKEN_PREFIX

log = structlog.get_logger(__name__)

PREFIX = "/api/v1"
METRICS = "/metrics"
LONGEST_TOKEN = 200
# The database is gone, busy or full. What else it refuses is a bug of ours.
AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
# In bytes. A batch of 1,000 tickets has room for 8 kB each.
LARGEST = 1_000_000
LARGER = {f"{PREFIX}/tickets/batch": 8_000_000}


class Gate:
    """Lets pass what shows a good token and comes not too often; what is not the API passes by.

    What goes wrong behind it unforeseen is told here, with a number that is in the log.
    """

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        self._allowance = Allowance(parts.desk, limit=parts.settings.api_requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope["type"] != "http" or not _is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        reply = _Reply(send)
        try:
            caller = await self._caller(Headers(scope=scope))
            scope.setdefault("state", {})["caller"] = caller
            reply.headers = await self._allowance.take(caller.token_id)
            _refuse_other_content(Headers(scope=scope))
            _refuse_too_large(Headers(scope=scope), scope["path"])
            with bound_contextvars(token=caller.token_id, surface="api"):
                await self._app(scope, receive, reply)
        except Exception as error:
            if reply.has_begun:
                raise
            if isinstance(error, Denied):
                await self._audit(scope, error)
            await told(error).response()(scope, receive, reply)

    async def _caller(self, headers: Headers) -> Caller:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        secret = secret.strip()
        if kind.lower() != "bearer" or not secret:
            raise tokens.NotAccepted(
                "Send a token: Authorization: Bearer tl_… Make one with: ticketloop token create"
            )
        if not secret.startswith(TOKEN_PREFIX) or len(secret) > LONGEST_TOKEN:
            raise tokens.NotAccepted(
                "This is no token of this desk. Make one with: ticketloop token create"
            )
        workspace_id = self._parts.installation.workspace_id
        return await self._parts.desk.read(tokens.caller, workspace_id=workspace_id, secret=secret)

    async def _audit(self, scope: Scope, error: Denied) -> None:
        """Write down who tried what; the transaction in which they did is undone."""
        try:
            await self._parts.desk.run(
                rights.denied,
                installation=self._parts.installation,
                by=scope["state"]["caller"],
                number=error.number,
                surface=Surface.API,
                tried=scope["endpoint"].__name__,
            )
        except exc.SQLAlchemyError as failure:
            log.warning("a denied attempt was not written down", error=type(failure).__name__)


def _is_api(path: str) -> bool:
    return path in {PREFIX, METRICS} or path.startswith(f"{PREFIX}/")


def _refuse_other_content(headers: Headers) -> None:
    """Refuse a body that is no JSON. Without a body it does not matter what it claims to be."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        raise Problem(
            "wrong-content-type", "Send the body as JSON, with Content-Type: application/json."
        )


def _refuse_too_large(headers: Headers, path: str) -> None:
    """Refuse a body that says itself that it is too long; one that does not is cut off later."""
    length, largest = headers.get("content-length", "0"), LARGER.get(path, LARGEST)
    if length.isdecimal() and int(length) > largest:
        raise problems.too_large(largest)


def told(error: Exception) -> Problem:
    """Return how an error is told; a bug has a number that is in the log."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return problems.of_refusal(error)
    if isinstance(error, AWAY):
        return _unavailable(error)
    incident = uuid4().hex[:8]
    log.error("a bug", incident=incident, exc_info=error)
    return Problem(
        "internal",
        f"Nothing of this was done. Tell an admin this number: {incident}.",
        incident=incident,
    )


def _unavailable(error: Exception) -> Problem:
    log.error("the database did not answer", error=type(error).__name__)
    return Problem(
        "unavailable",
        "Nothing was saved, because the desk's database does not answer. Try again in a moment.",
        headers={"retry-after": "5"},
    )


class _Reply:
    """Passes the answer on, with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.headers: dict[str, str] = {}
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            _add(message, self.headers)
        await self._send(message)


def _add(message: MutableMapping[str, Any], headers: dict[str, str]) -> None:
    found = MutableHeaders(scope=message)
    for name, value in headers.items():
        found[name] = value
