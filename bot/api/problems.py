"""What cannot be answered as asked, as RFC 9457 has it said: one document for each kind."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from humanize import naturalsize
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from core import (
    answers,
    batches,
    contacts,
    entries,
    handover,
    replies,
    submissions,
    tokens,
    webhooks,
)
from core.addresses import UnusableAddress
from core.errors import (
    AlreadyAnswered,
    DraftReplaced,
    NotAnAgent,
    NothingToDo,
    Refusal,
    UnknownTicket,
)
from core.text import clean, one_line

MEDIA_TYPE = "application/problem+json"
# Whoever sees a type knows whose it is; what each says is in docs/api.md.
TYPE = "urn:problem-type:ticketloop:"
SHOWN_ERRORS = 20

TITLES: Mapping[str, tuple[HTTPStatus, str]] = {
    "malformed": (HTTPStatus.BAD_REQUEST, "The request cannot be read"),
    "bad-cursor": (HTTPStatus.BAD_REQUEST, "This cursor does not belong to this list"),
    "not-authenticated": (HTTPStatus.UNAUTHORIZED, "No token that is good was shown"),
    "missing-scope": (HTTPStatus.FORBIDDEN, "The token has no scope for this"),
    "not-an-agent": (HTTPStatus.FORBIDDEN, "Only agents can do this"),
    "not-found": (HTTPStatus.NOT_FOUND, "There is nothing at this address"),
    "unknown-batch": (HTTPStatus.NOT_FOUND, "There is no such batch"),
    "no-result": (HTTPStatus.NOT_FOUND, "The ticket has no result"),
    "unknown-ticket": (HTTPStatus.NOT_FOUND, "There is no such ticket"),
    "unknown-webhook": (HTTPStatus.NOT_FOUND, "There is no such webhook"),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "This address takes other methods"),
    "already-answered": (HTTPStatus.CONFLICT, "Another approval was first"),
    "draft-replaced": (HTTPStatus.CONFLICT, "The draft is not the one that stands"),
    "newer-messages": (HTTPStatus.CONFLICT, "The requester wrote after the draft was made"),
    "nothing-to-do": (HTTPStatus.CONFLICT, "The ticket is so already, or cannot become so"),
    "external-id-taken": (HTTPStatus.CONFLICT, "The external id was used before"),
    "too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    "wrong-content-type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The request is not JSON"),
    "invalid": (HTTPStatus.UNPROCESSABLE_ENTITY, "A value in the request cannot be used"),
    "key-reused": (HTTPStatus.UNPROCESSABLE_ENTITY, "The Idempotency-Key was used before"),
    "too-many-requests": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    "internal": (HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side"),
    "unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "The desk cannot answer now"),
}

# The first that fits. What is a refusal and none of these stands in the way of what was asked.
_KINDS: tuple[tuple[type[Refusal], str], ...] = (
    (tokens.NotAccepted, "not-authenticated"),
    (tokens.MissingScope, "missing-scope"),
    (NotAnAgent, "not-an-agent"),
    (webhooks.NotForThem, "not-an-agent"),
    (UnknownTicket, "unknown-ticket"),
    (webhooks.UnknownEndpoint, "unknown-webhook"),
    (batches.UnknownBatch, "unknown-batch"),
    (AlreadyAnswered, "already-answered"),
    (DraftReplaced, "draft-replaced"),
    (NothingToDo, "nothing-to-do"),
    (submissions.ExternalIdTaken, "external-id-taken"),
    (answers.KeyReused, "key-reused"),
    (contacts.UnusableEmail, "invalid"),
    (submissions.UnknownOwner, "invalid"),
    (submissions.ReservedSource, "invalid"),
    (submissions.NothingSaid, "invalid"),
    (replies.EmptyReply, "invalid"),
    (replies.MadeUp, "invalid"),
    (handover.WrongPerson, "invalid"),
    (handover.WrongChannel, "invalid"),
    (handover.NoSummary, "invalid"),
    (UnusableAddress, "invalid"),
    (entries.WrongVisibility, "invalid"),
    (entries.WrongRole, "invalid"),
    (entries.UnusableText, "invalid"),
)


# What a form in Slack calls otherwise.
_FIELDS = {"own_words": "summary", "email": "contact.email"}


class FieldError(BaseModel):
    """What is wrong with one value: where it stands in the request, and why."""

    field: str = Field(examples=["body.contact.email"])
    detail: str


class ProblemDocument(BaseModel):
    """Why the request was not done, and what to do now. Some kinds say more."""

    type: str = Field(examples=[f"{TYPE}unknown-ticket"])
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    incident: str | None = None


class Problem(Exception):
    """A request that is answered with a problem document; ``more`` are members of its own."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status, self.title = TITLES[kind]
        self.headers = dict(headers or {})
        self.more = more

    def document(self) -> dict[str, Any]:
        """Return the document."""
        return {
            "type": TYPE + self.kind,
            "title": self.title,
            "status": int(self.status),
            "detail": str(self),
            **self.more,
        }

    def response(self) -> JSONResponse:
        """Return the document as a response."""
        return JSONResponse(
            self.document(), self.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def of_refusal(error: Refusal) -> Problem:
    """Return how a refusal is told: its text says already what to do."""
    kind = next((kind for known, kind in _KINDS if isinstance(error, known)), "nothing-to-do")
    more: dict[str, Any] = {}
    if kind == "invalid" and error.field:
        field = _FIELDS.get(error.field, error.field)
        more["errors"] = [{"field": f"body.{field}", "detail": str(error)}]
    if isinstance(error, AlreadyAnswered):
        more |= {"approved_by": error.by, "approved_at": error.when.isoformat()}
    headers = {"www-authenticate": "Bearer"} if kind == "not-authenticated" else {}
    return Problem(kind, str(error), headers=headers, **more)


def of_validation(error: RequestValidationError) -> Problem:
    """Return which values cannot be used and why; what they are is not repeated."""
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return Problem("malformed", "The body is not JSON. Send one JSON document in UTF-8.")
    return of_errors(found)


def of_errors(found: Sequence[Mapping[str, Any]], *, within: str | None = None) -> Problem:
    """Return the same of errors that pydantic found ``within`` a part of the request."""
    errors = [
        {
            "field": _place((*([within] if within else []), *each["loc"])),
            "detail": clean(str(each["msg"]).removeprefix("Value error, "), 300),
        }
        for each in found[:SHOWN_ERRORS]
    ]
    first = errors[0]
    return Problem("invalid", f"{first['field']}: {first['detail']}", errors=errors)


def _place(parts: Iterable[Any]) -> str:
    return one_line(".".join(str(part) for part in parts), 120)


def of_http(error: HTTPException, *, path: str, largest: int) -> Problem:
    """Return what the framework refuses by itself."""
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return Problem(
                "not-found",
                f"There is nothing at {one_line(path, 120)}. /docs lists what there is.",
            )
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "")
            return Problem(
                "method-not-allowed",
                f"Use one of these methods here: {allowed}.",
                headers={"allow": allowed},
            )
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large(largest)
        case _:
            return Problem("malformed", "The body cannot be read. Send one JSON document in UTF-8.")


def too_large(largest: int) -> Problem:
    """Return that the body is longer than what is taken here."""
    size = naturalsize(largest)
    return Problem("too-large", f"At most {size} are taken here. Send less, or several requests.")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return for OpenAPI which problems a call may answer, besides those that every call may."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    every = (400, 401, 403, 422, 429, 500, 503)
    return {
        status: {"description": _titles(status), "content": content}
        for status in sorted({*every, *statuses})
    }


def _titles(status: int) -> str:
    return ". ".join(title for code, title in TITLES.values() if code == status)
