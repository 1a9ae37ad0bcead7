"""The model: it is asked one thing, over the OpenAI protocol, and what came of it is told.

Chat Completions are what every compatible server speaks. Each ``ask`` makes at most one HTTP
request and never raises for what a server does, so that a caller can write one line of its ledger
for each.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address
from typing import Any, TypeVar

import httpx
import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, SecretStr, ValidationError

from core.answer_format import AnswerFormat, instruction
from core.breaker import Breaker
from core.completion import Completion, Usage, describe, refuses_format, retry_after
from core.model_reply import DOWN, ModelReply, Outcome, Repair, judged, outcome_of, said, storable
from core.prices import Prices

__all__ = ["ModelClient", "ModelReply", "Outcome", "Repair"]

T = TypeVar("T", bound=BaseModel)

LONGEST_BODY = 4_000_000
"""Bytes of an answer that are read; more is cut off. No limit on tokens is sent: its name differs
between servers, and a wrong one fails the call."""


class ModelClient:
    """One model at one server, asked at most ``concurrency`` things at a time.

    ``name`` is the model as asked for. ``is_local`` says that what is asked stays on this machine.
    ``breaker`` holds back what is asked while the server fails.
    """

    def __init__(
        self,
        *,
        model: str,
        api_key: SecretStr | None,
        base_url: str | None,
        timeout: float = 60.0,
        concurrency: int = 8,
        prices: Prices,
        breaker: Breaker,
    ) -> None:
        """Nothing is sent yet. ``timeout`` (seconds) bounds a whole call, not its single reads.

        Without ``base_url`` the SDK's default holds. A server that needs no key gets a dummy one,
        which the SDK demands.
        """
        self.name = model
        self.is_local = base_url is not None and is_loopback(httpx.URL(base_url).host)
        self._key = api_key.get_secret_value() if api_key else ""
        self._timeout = timeout
        self._slots = asyncio.Semaphore(concurrency)
        self._prices = prices
        self.breaker = breaker
        self._format = AnswerFormat.SCHEMA
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=base_url,
            timeout=timeout,
            max_retries=0,
            # What is meant for this machine stays on it: no proxy, no redirection elsewhere.
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=not self.is_local, follow_redirects=not self.is_local
            ),
        )

    async def ask(
        self,
        *,
        system: str,
        user: str,
        output: type[T],
        repair: Repair | None = None,
        check: Callable[[T], str | None] | None = None,
    ) -> ModelReply[T]:
        """Ask once, with at most one HTTP request.

        ``check`` is a rule that the schema cannot state: it gets the parsed answer and returns
        what is wrong with it, or None. After ``INVALID``, ask once more with a ``Repair``. After
        ``UNSUPPORTED``, ask again at once: what the server cannot do is remembered, so this
        happens three times at most in the life of a client (and once for each call under way).
        """
        async with self._slots:
            wait = self.breaker.refusal()
            if wait is not None:
                return self._held_back(wait)
            try:
                reply = await self._request(self._messages(system, user, output, repair), output)
            except BaseException:
                self.breaker.release()
                raise
            self.breaker.record(success=reply.outcome not in DOWN)
            if reply.retry_after is not None:
                self.breaker.hold(reply.retry_after)
        return storable(judged(reply, output, check), secret=self._key)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _messages(
        self, system: str, user: str, output: type[BaseModel], repair: Repair | None
    ) -> list[ChatCompletionMessageParam]:
        """The schema is said where the server is not told it, or seems not to have minded it."""
        if repair or not self._format.carries_schema:
            system = f"{system}\n\n{instruction(output)}"
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system},
            {"role": "user", "content": user},
        ]
        if repair:
            messages += [
                {"role": "assistant", "content": repair.answer},
                {"role": "user", "content": f"That does not fit: {repair.problem}. Answer again."},
            ]
        return messages

    async def _request(
        self, messages: list[ChatCompletionMessageParam], output: type[BaseModel]
    ) -> ModelReply[Any]:
        answer_format = self._format
        started = time.monotonic()
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._answer(
                    model=self.name, messages=messages, **answer_format.parameters(output)
                ) as response,
            ):
                body = await read_body(response)
                reply = self._heard(body, response.request_id)
        except (TimeoutError, openai.APITimeoutError, httpx.TimeoutException):
            reply = self._failed(Outcome.TIMEOUT, f"no answer within {self._timeout:g} s")
        except openai.APIStatusError as error:
            reply = self._refused(error, answer_format)
        except (openai.APIConnectionError, httpx.HTTPError) as error:
            cause = error.__cause__ or error
            reply = self._failed(Outcome.UNAVAILABLE, f"{type(cause).__name__}: {cause}")
        return replace(reply, latency_ms=round((time.monotonic() - started) * 1000))

    @asynccontextmanager
    async def _answer(self, **request: object) -> AsyncIterator[openai.AsyncAPIResponse[bytes]]:
        """Send the request; the body of what comes back is not read yet.

        This is ``chat.completions.with_streaming_response.create``. To name that loads everything
        else that the SDK can do: 15 MB, and half a second in which nothing else runs.
        """
        response = await self._client.post(
            "/chat/completions",
            cast_to=openai.AsyncAPIResponse[bytes],
            body=request,
            options={
                "headers": {"X-Stainless-Raw-Response": "stream"},
                "security": {"bearer_auth": True},
            },
        )
        try:
            yield response
        finally:
            await response.close()

    def _held_back(self, wait: float) -> ModelReply[Any]:
        reply = self._failed(
            Outcome.UNAVAILABLE, f"not asked: the model has been failing, next try in {wait:.0f} s"
        )
        return replace(reply, sent=False, retry_after=wait)

    def _failed(self, outcome: Outcome, error: str) -> ModelReply[Any]:
        return ModelReply(outcome=outcome, model=self.name, error=error)

    def _refused(
        self, error: openai.APIStatusError, answer_format: AnswerFormat
    ) -> ModelReply[Any]:
        """The reply to a status other than 200. Steps down if the format was what was refused."""
        outcome = outcome_of(error)
        weaker = answer_format.weaker
        if weaker and refuses_format(error):
            outcome = Outcome.UNSUPPORTED
            if self._format is answer_format:  # else another call has stepped down, maybe further
                self._format = weaker
        return replace(
            self._failed(outcome, describe(error)),
            request_id=error.request_id,
            retry_after=retry_after(error.response.headers, datetime.now(UTC)),
        )

    def _heard(self, body: bytes, request_id: str | None) -> ModelReply[Any]:
        """The reply to a body that came with status 200."""
        if len(body) > LONGEST_BODY:
            reply = self._failed(Outcome.LENGTH, f"cut off after {LONGEST_BODY:,} bytes")
            return replace(reply, request_id=request_id)
        try:
            completion = Completion.model_validate_json(body)
        except ValidationError:
            reply = self._failed(Outcome.UNAVAILABLE, "what came back is not a chat completion")
            return replace(reply, request_id=request_id)
        outcome, text, error = said(completion)
        usage = completion.usage
        model = completion.model or self.name
        return ModelReply(
            outcome=outcome,
            model=model,
            text=text,
            error=error,
            request_id=request_id or completion.id,
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            cached_tokens=usage.prompt_tokens_details.cached_tokens,
            cost=self._cost(model, usage),
        )

    def _cost(self, served: str, usage: Usage) -> Decimal | None:
        """By the name that the server gives, or else by the one that was asked for."""
        costs = (
            self._prices.cost(
                model,
                input_tokens=usage.prompt_tokens,
                output_tokens=usage.completion_tokens,
                cached_tokens=usage.prompt_tokens_details.cached_tokens,
            )
            for model in (served, self.name)
        )
        return next((cost for cost in costs if cost is not None), None)


async def read_body(response: openai.AsyncAPIResponse[Any]) -> bytes:
    """The body, up to the first chunk that takes it over ``LONGEST_BODY``."""
    body = bytearray()
    async for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LONGEST_BODY:
            break
    return bytes(body)


def is_loopback(host: str) -> bool:
    """Whether a host name in a URL means this machine, without asking a resolver."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
