"""What a model may say to a request, the good and the bad.

A ``Behaviour`` takes what was asked and gives the response. Each function here makes one.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from core.answer import TriageAnswer
from core.categories import DEFAULT_CATEGORIES

USAGE: dict[str, Any] = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "prompt_tokens_details": {"cached_tokens": 400},
}


@dataclass(frozen=True)
class Asked:
    """One request: its headers in lower case and its body."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def system(self) -> str:
        """The system text."""
        return self._content("system")

    @property
    def user(self) -> str:
        """The first thing that the user said."""
        return self._content("user")

    @property
    def format(self) -> str | None:
        """The type of the ``response_format``: json_schema, json_object or None."""
        wanted = self.body.get("response_format")
        return wanted["type"] if wanted else None

    def _content(self, role: str) -> str:
        return next(
            (message["content"] for message in self.body["messages"] if message["role"] == role), ""
        )


Behaviour = Callable[[Asked], Awaitable[Response]]


def says(
    content: str | None,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    usage: object = USAGE,
    model: str | None = None,
) -> Behaviour:
    """Say this text. Without ``usage`` (None) the server does not count tokens."""

    async def behave(asked: Asked) -> Response:
        message = {"role": "assistant", "content": content, "refusal": refusal}
        body = {
            "id": "chatcmpl-fake",
            "object": "chat.completion",
            "created": 1767225600,
            "model": model or asked.body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        }
        return JSONResponse(body if usage is None else {**body, "usage": usage})

    return behave


def answer(
    fields: Mapping[str, Any] | Callable[[Asked], Mapping[str, Any]], *, usage: object = USAGE
) -> Behaviour:
    """Answer with these fields as JSON, or with what a function makes of the request."""

    async def behave(asked: Asked) -> Response:
        said = fields(asked) if callable(fields) else fields
        return await says(json.dumps(said), usage=usage)(asked)

    return behave


def triage(asked: Asked) -> dict[str, Any]:
    """Make a valid triage of the user's text, always the same one for the same text."""
    lines = [line.strip() for line in asked.user.splitlines()]
    title = next((line for line in lines if line[:1].isalnum()), "A request")[:150]
    low = asked.user.lower()
    category = max(
        reversed(DEFAULT_CATEGORIES),  # the last, "other", if nothing speaks for one
        key=lambda category: sum(word in low for word in category.description.lower().split(", ")),
    )
    return TriageAnswer(
        title=title,
        summary=f"The requester writes: {title}",
        category=category.key,
        priority="urgent" if "urgent" in low else "normal",
        language="en",
        confidence=0.8,
        question=None,
        reply_draft=f"Thank you for writing. We are looking into it: {title}",
    ).model_dump()


def prose() -> Behaviour:
    """Talk instead of answering in JSON."""
    return says("I think this is about a printer, and it is not urgent at all.")


def half_json() -> Behaviour:
    """Stop in the middle of the JSON, and say that all is well."""
    return says('{"title": "The printer is on fire", "summary": "It bur')


def unknown_category() -> Behaviour:
    """Fit the schema, with a category that no desk has."""
    return answer(lambda asked: {**triage(asked), "category": "astrology"})


def endless(characters: int = 200_000) -> Behaviour:
    """Write a reply of 200,000 characters."""
    return answer(lambda asked: {**triage(asked), "reply_draft": "a" * characters})


def nothing() -> Behaviour:
    """Say nothing."""
    return says("")


def body(content: object, status: int = 200) -> Behaviour:
    """Send this as it is: bytes as an HTML page, anything else as JSON."""

    async def behave(_asked: Asked) -> Response:
        if isinstance(content, bytes):
            return Response(content, status, media_type="text/html")
        return JSONResponse(content, status)

    return behave


def no_choices(**more: object) -> Behaviour:
    """Send a completion without an answer in it."""
    return body({"id": "chatcmpl-fake", "choices": [], **more})


def refusal() -> Behaviour:
    """Decline."""
    return says(None, refusal="I cannot help with that.")


def content_filter() -> Behaviour:
    """Stop because of a content filter."""
    return says("", finish_reason="content_filter")


def length() -> Behaviour:
    """Stop at the limit on tokens."""
    return says('{"title": "The printer', finish_reason="length")
