"""The Web API's door: who calls, may they, how often, and what is answered."""

import asyncio
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from time import perf_counter
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.errors import SlackError
from bot.sandbox.faults import CallFault, Fault, Faults
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.call import Call, Context
from bot.sandbox.methods.facts import FACTS
from bot.sandbox.rate_limits import RateLimits
from bot.sandbox.records import Json
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.traffic import Traffic


class WebApi:
    """`/api/<method>`, `/response/<key>` and `/upload/<file>`, each call recorded.

    https://docs.slack.dev/apis/web-api
    """

    def __init__(
        self,
        context: Context,
        *,
        bot_token: str,
        app_token: str,
        limits: RateLimits,
        response_urls: ResponseUrls,
        faults: Faults,
        traffic: Traffic,
    ) -> None:
        self._context = context
        self._bot_token = bot_token
        self._app_token = app_token
        self._limits = limits
        self._response_urls = response_urls
        self._faults = faults
        self._traffic = traffic

    async def method(self, request: Request) -> Response:
        """One call of a method."""
        started = perf_counter()
        name = request.path_params["method"]
        fault = self._faults.strike_call(name)
        try:
            args = await _arguments(request)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_json"})
        token = _token(request, args)
        args.pop("token", None)
        response, body = self._answer(name, token, args, fault)
        if fault and fault.kind is CallFault.SLOW:
            await asyncio.sleep(fault.seconds)
        self._traffic.record(
            "call",
            name,
            payload=args,
            response=body,
            status=str(response.status_code),
            ms=(perf_counter() - started) * 1_000,
            fault=fault.kind if fault else None,
        )
        return response

    def _answer(
        self, name: str, token: str, args: Json, fault: Fault | None
    ) -> tuple[Response, Json]:
        body: Json
        if fault and fault.kind is CallFault.SERVER_ERROR:
            text = HTTPStatus(fault.status).phrase
            return PlainTextResponse(text, fault.status), {"ok": False, "error": text}
        if fault and fault.kind is CallFault.ERROR:
            body = {"ok": False, "error": fault.error}
            return JSONResponse(body), body
        wait = fault.retry_after if fault and fault.kind is CallFault.RATELIMITED else None
        try:
            self._authorise(name, token)
            wait = wait or self._limits.wait(name, str(args.get("channel", "")))
            if wait:
                return _ratelimited(wait)
            body = {"ok": True} | METHODS[name](self._checked(name, args))
        except SlackError as refused:
            body = {"ok": False, "error": refused.error} | refused.details
        if fault and fault.kind in (CallFault.ANSWER_HANGS, CallFault.ANSWER_DROPPED):
            return NoAnswer(hang=fault.kind is CallFault.ANSWER_HANGS), body
        scopes = ",".join(sorted(self._context.manifest.scopes))
        return JSONResponse(body, headers={"x-oauth-scopes": scopes}), body

    def _authorise(self, name: str, token: str) -> None:
        if name not in METHODS:
            raise SlackError("unknown_method", req_method=name)
        if name == "api.test":
            return
        if not token:
            raise SlackError("not_authed")
        wanted = self._app_token if name == "apps.connections.open" else self._bot_token
        other = self._bot_token if wanted == self._app_token else self._app_token
        if _same(token, other):
            raise SlackError("not_allowed_token_type")
        if not _same(token, wanted):
            raise SlackError("invalid_auth")
        is_bot = wanted == self._bot_token
        if error := self._faults.token_error if is_bot else self._faults.app_token_error:
            raise SlackError(error)

    def _checked(self, name: str, args: Json) -> Call:
        """The call, once scopes and required arguments are there."""
        call = Call(name, args, self._context)
        facts = FACTS[name]
        call.require_scope(*(scope for scope in facts.scopes if "{kind}" not in scope))
        missing = [field for field in facts.required if args.get(field) in (None, "")]
        if missing:
            messages = [f"[ERROR] missing required field: {field}" for field in missing]
            raise SlackError("invalid_arguments", response_metadata={"messages": messages})
        return call

    async def response_url(self, request: Request) -> Response:
        """An answer to an interaction: `ok`, or the error as Slack gives it, with 404."""
        started = perf_counter()
        body = await _arguments(request)
        status = HTTPStatus.OK
        answer: Json = {"ok": True}
        try:
            self._response_urls.use(request.path_params["key"], body)
        except SlackError as refused:
            status, answer = HTTPStatus.NOT_FOUND, {"ok": False, "error": refused.error}
        self._traffic.record(
            "call",
            "response_url",
            payload=body,
            response=answer,
            status=str(int(status)),
            ms=(perf_counter() - started) * 1_000,
        )
        return PlainTextResponse("ok") if answer["ok"] else JSONResponse(answer, status)

    async def upload(self, request: Request) -> Response:
        """The bytes of a file, at the URL from files.getUploadURLExternal."""
        file = self._context.workspace.files.get(request.path_params["file"])
        if file is None or file.content is not None:
            return PlainTextResponse("not found", HTTPStatus.NOT_FOUND)
        content = await request.body()
        if len(content) != file.length:
            return PlainTextResponse("not the announced length", HTTPStatus.BAD_REQUEST)
        self._context.workspace.put_file(replace(file, content=content))
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(self, request: Request) -> Response:
        """A file's `url_private`: only with the bot token and `files:read`."""
        file = self._context.workspace.files.get(request.path_params["file"])
        allowed = "files:read" in self._context.manifest.scopes
        if file is None or not allowed or not _same(_token(request, {}), self._bot_token):
            return PlainTextResponse("not found", HTTPStatus.NOT_FOUND)
        return Response(file.content, media_type=file.mimetype)


class NoAnswer(Response):
    """What was asked is done, but the answer never arrives."""

    def __init__(self, *, hang: bool) -> None:
        super().__init__()
        self._hang = hang

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._hang:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        # A body shorter than announced: the server can only break the connection.
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _arguments(request: Request) -> Json:
    """From the query, then a JSON body or a form."""
    args: Json = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        parsed = json.loads(body) if body else {}
        return args | (parsed if isinstance(parsed, dict) else {})
    return args | dict(parse_qsl(body.decode(), keep_blank_values=True))


def _token(request: Request, args: Mapping[str, object]) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else str(args.get("token") or "")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _ratelimited(seconds: int) -> tuple[Response, Json]:
    body: Json = {"ok": False, "error": "ratelimited"}
    headers = {"retry-after": str(seconds)}
    return JSONResponse(body, HTTPStatus.TOO_MANY_REQUESTS, headers), body
