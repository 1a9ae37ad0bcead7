"""What came of asking the model, as the ledger records it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from core.answer_format import read_answer
from core.completion import Completion
from core.text import clean

if TYPE_CHECKING:
    from openai import APIStatusError

T = TypeVar("T", bound=BaseModel)

LONGEST_TEXT = 20_000
"""Characters of an answer that are kept."""
LONGEST_ERROR = 1_000
"""Characters of an error that are kept."""
LONGEST_NAME = 200
"""Characters of the server's names for the model and the request that are kept."""


class Outcome(StrEnum):
    """What came of asking."""

    ANSWERED = "answered"
    INVALID = "invalid"
    """Outside the schema, or against the caller's rule. One repair is worth a try."""
    REFUSAL = "refusal"
    """The model declined, or a content filter did."""
    LENGTH = "length"
    """Cut off before the end."""
    EMPTY = "empty"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    """No connection, a server error, something that is no chat completion, or not asked at all."""
    REJECTED = "rejected"
    """Asking again does not help: wrong key, unknown model, no quota, text too long."""
    UNSUPPORTED = "unsupported"
    """The server cannot be asked for this format. The next time a weaker one is used: ask again."""


DOWN = frozenset({Outcome.TIMEOUT, Outcome.RATE_LIMITED, Outcome.UNAVAILABLE})
"""What opens the breaker: waiting may help.

A rejection does not: it comes quickly and costs nothing, waiting does not mend it, and an open
breaker would hide from people what must be mended.
"""


@dataclass(frozen=True)
class Repair:
    """An answer that did not fit, and what was wrong with it."""

    answer: str
    problem: str


@dataclass(frozen=True)
class ModelReply(Generic[T]):
    """What came of asking.

    ``parsed`` is there exactly if ``outcome`` is ``ANSWERED``. ``text`` is what the model said,
    ``LONGEST_TEXT`` characters at most. ``error`` says what was wrong, ``LONGEST_ERROR`` characters
    at most, and holds no key. ``model`` is as the server names it, else as asked. ``latency_ms``
    leaves out the wait for a free slot. Tokens are None where the server did not count them,
    ``cost`` (US dollars) where it is not known. ``retry_after`` is in seconds. ``sent`` is False
    if the breaker held the question back.
    """

    outcome: Outcome
    model: str
    parsed: T | None = None
    text: str = ""
    error: str | None = None
    request_id: str | None = None
    latency_ms: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    cost: Decimal | None = None
    retry_after: float | None = None
    sent: bool = True


def said(completion: Completion) -> tuple[Outcome, str, str | None]:
    """Outcome, text and error of a completion, before anyone has looked whether the text fits."""
    if not completion.choices:
        if completion.error is not None:
            return Outcome.UNAVAILABLE, "", f"the server reports: {completion.error}"
        return Outcome.EMPTY, "", "the server sent no answer"
    choice = completion.choices[0]
    text = choice.message.content or ""
    if choice.message.refusal:
        return Outcome.REFUSAL, choice.message.refusal, "the model declined"
    if choice.finish_reason == "content_filter":
        return Outcome.REFUSAL, text, "a content filter stopped the answer"
    if choice.finish_reason == "length":
        return Outcome.LENGTH, text, "the answer was cut off at the server's limit"
    if not text.strip():
        return Outcome.EMPTY, text, "the answer is empty"
    return Outcome.ANSWERED, text, None


def outcome_of(error: "APIStatusError") -> Outcome:
    """What a status other than 200 means for asking again.

    https://platform.openai.com/docs/guides/error-codes
    """
    status = error.status_code
    if status == 429 and "insufficient_quota" not in (error.code, error.type):
        return Outcome.RATE_LIMITED
    if status == 408:
        return Outcome.TIMEOUT
    if status == 409 or status >= 500:
        return Outcome.UNAVAILABLE
    return Outcome.REJECTED


def judged(
    reply: ModelReply[T], output: type[T], check: Callable[[T], str | None] | None
) -> ModelReply[T]:
    """The reply with its text parsed, or ``INVALID`` with what is wrong with it."""
    if reply.outcome is not Outcome.ANSWERED:
        return reply
    try:
        # PostgreSQL stores no NUL in a text.
        parsed = read_answer(reply.text.replace("\\u0000", ""), output)
    except ValueError as error:
        return replace(reply, outcome=Outcome.INVALID, error=str(error))
    problem = check(parsed) if check else None
    if problem is not None:
        return replace(reply, outcome=Outcome.INVALID, error=problem)
    return replace(reply, parsed=parsed)


def storable(reply: ModelReply[T], *, secret: str) -> ModelReply[T]:
    """The reply as a database takes it: bounded, without the key and without broken characters."""
    error = reply.error
    if error is not None:
        error = clean(error.replace(secret, "[key]") if secret else error, LONGEST_ERROR)
    return replace(
        reply,
        model=clean(reply.model, LONGEST_NAME),
        request_id=clean(reply.request_id, LONGEST_NAME) if reply.request_id else None,
        text=clean(reply.text, LONGEST_TEXT),
        error=error,
    )
