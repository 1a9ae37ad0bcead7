"""What a chat completion server answers, as far as the desk reads it.

Compatible servers leave things out, add things and get types wrong. What is not needed is not
looked at, and a count that makes no sense counts as absent.

Source: https://platform.openai.com/docs/api-reference/chat/object
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator

if TYPE_CHECKING:
    from openai import APIStatusError

LONGEST_RETRY_AFTER = 3600.0
"""Seconds. A server that asks for more is asked again after an hour."""

LARGEST_COUNT = 2**31 - 1
"""The largest number that a 32-bit column of a database holds."""

FORMAT_REFUSAL = re.compile(
    r"response.?format|schema|json.?object|json.?mode|structured.?output|grammar|guided",
    re.IGNORECASE,
)
"""How OpenAI, Azure, Groq, DeepSeek, vLLM and llama.cpp name what they cannot do."""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LARGEST_COUNT else None


def _object(value: object) -> object:
    return value if isinstance(value, dict) else {}


Count = Annotated[int | None, BeforeValidator(_count)]


class TokenDetails(BaseModel):
    """What is known about the tokens of the prompt."""

    cached_tokens: Count = None


class Usage(BaseModel):
    """Tokens. Any of them may be missing."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: Annotated[TokenDetails, BeforeValidator(_object)] = TokenDetails()


class Message(BaseModel):
    """What the model said, or why it would not."""

    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    """One answer. ``finish_reason`` is ``stop``, ``length``, ``content_filter`` or the like."""

    message: Message = Message()
    finish_reason: str | None = None


class Completion(BaseModel):
    """The body of an answer with status 200.

    ``error`` is there when a gateway reports the failure of the server behind it that way.
    """

    id: str | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Annotated[Usage, BeforeValidator(_object)] = Usage()
    error: Any = None


def describe(error: "APIStatusError") -> str:
    """The status and what the server said about it: ``HTTP 404: model "x" not found``."""
    said = error.body.get("message") if isinstance(error.body, Mapping) else error.body
    return f"HTTP {error.status_code}: {said or error.message}"


def refuses_format(error: "APIStatusError") -> bool:
    """Whether it is the ``response_format`` that the server cannot take."""
    return error.status_code in (400, 422, 501) and bool(
        FORMAT_REFUSAL.search(f"{error.param} {describe(error)}")
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the server wants to be asked again, 0 to ``LONGEST_RETRY_AFTER``, if it says.

    ``Retry-After`` holds seconds or an HTTP date (RFC 9110, 10.2.3). What is neither is ignored.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now)
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None


def _until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
