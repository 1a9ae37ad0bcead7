"""How a chat completion server fails: by refusing, by being slow, by breaking off."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.fakes.openai_behaviours import Asked, Behaviour, answer, triage


def fails(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """Answer with an error as OpenAI words it."""
    error = {"message": message, "type": code, "param": param, "code": code}

    async def behave(_asked: Asked) -> Response:
        return JSONResponse({"error": error}, status, headers)

    return behave


def rate_limited(retry_after: str | None = "7") -> Behaviour:
    """Answer 429. ``retry_after`` is the header, seconds or an HTTP date."""
    headers = None if retry_after is None else {"retry-after": retry_after}
    return fails(429, "Rate limit reached", code="rate_limit_exceeded", headers=headers)


def insufficient_quota() -> Behaviour:
    """Answer 429 in the way that no waiting mends."""
    return fails(429, "You exceeded your current quota", code="insufficient_quota")


def wrong_key() -> Behaviour:
    """Answer 401 and repeat the key, as some servers do."""

    async def behave(asked: Asked) -> Response:
        key = asked.headers["authorization"].removeprefix("Bearer ")
        return await fails(401, f"Incorrect API key: {key}", code="invalid_api_key")(asked)

    return behave


def telling_gateway(address: str) -> Behaviour:
    """Answer 401 and repeat the header, and an address in which the gateway keeps its own key."""

    async def behave(asked: Asked) -> Response:
        header = asked.headers["authorization"]
        return await fails(401, f"{header} is not what {address} takes")(asked)

    return behave


def without_bounds() -> Behaviour:
    """Refuse a schema that limits lengths, as OpenAI does for fine-tuned models."""
    return _refusing_format(
        lambda asked: asked.format == "json_schema" and "maxLength" in json.dumps(asked.body),
        "Invalid schema for response_format: 'maxLength' is not permitted.",
    )


def without_schema() -> Behaviour:
    """Know JSON mode, but no schema."""
    return _refusing_format(
        lambda asked: asked.format == "json_schema",
        "This model does not support response format `json_schema`.",
    )


def without_format() -> Behaviour:
    """Know no ``response_format`` at all."""
    return _refusing_format(
        lambda asked: asked.format is not None, "Unrecognized request argument: response_format"
    )


def _refusing_format(refused: Callable[[Asked], bool], message: str) -> Behaviour:
    async def behave(asked: Asked) -> Response:
        return await (fails(400, message) if refused(asked) else answer(triage))(asked)

    return behave


def redirects(to: str) -> Behaviour:
    """Send the client elsewhere, with its body."""

    async def behave(_asked: Asked) -> Response:
        return RedirectResponse(to)

    return behave


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    """Think for so long, then answer."""

    async def behave(asked: Asked) -> Response:
        await asyncio.sleep(seconds)
        return await (then or answer(triage))(asked)

    return behave


class Hang:
    """Do nothing until released, then answer. ``reached`` is set as soon as a request hangs."""

    def __init__(self, then: Behaviour | None = None) -> None:
        self.reached = asyncio.Event()
        self._released = asyncio.Event()
        self._then = then or answer(triage)

    def release(self) -> None:
        """Let every request that hangs, and every later one, be answered."""
        self._released.set()

    async def __call__(self, asked: Asked) -> Response:
        self.reached.set()
        await self._released.wait()
        return await self._then(asked)


def trickle(pause: float = 0.01) -> Behaviour:
    """Send a blank now and then, for ever: no single read takes long."""
    return _endless(b" ", pause)


def flood() -> Behaviour:
    """Send blanks as fast as they are taken, for ever."""
    return _endless(b" " * 65_536, 0)


def _endless(chunk: bytes, pause: float) -> Behaviour:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield chunk
            await asyncio.sleep(pause)

    async def behave(_asked: Asked) -> Response:
        return StreamingResponse(chunks(), media_type="application/json")

    return behave


def drop() -> Behaviour:
    """Break the connection in the middle of the response."""

    async def behave(_asked: Asked) -> Response:
        return _Dropped()

    return behave


class _Dropped(Response):
    """Promises a thousand bytes and sends one; the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
