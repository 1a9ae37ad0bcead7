"""What was said in a ticket and who did what to it, over the API; and what is added to it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.api import answers, cursors
from bot.api.acting import Acting, FromParts, Reader, answer
from bot.api.answers import EventShown, MessageShown, ModelCallShown, Page
from bot.api.cursors import Cursor, Limit
from bot.api.problems import documented
from bot.api.requests import NewMessage
from bot.api.tickets import Number, address
from bot.parts import Parts
from core import entries, reading
from core.answers import Answer
from core.caller import Caller
from core.reading import Said
from storage.repositories import listing

router = APIRouter(tags=["conversation"])

Shown = TypeVar("Shown", bound=BaseModel)


@router.get(
    "/tickets/{number}/messages",
    response_model=Page[MessageShown],
    summary="Read the conversation",
    responses=documented(404),
)
async def read_messages(
    parts: FromParts, caller: Reader, number: Number, cursor: Cursor = None, limit: Limit = 50
) -> Page[MessageShown]:
    """Return what was said, oldest first, with roles, visibility, and the ticket's status then."""

    def shown(said: Said) -> list[MessageShown]:
        return [answers.message(each, said.replies.get(each.id)) for each in said.messages]

    return await _page(parts, caller, reading.messages, shown, number, cursor, limit)


@router.get(
    "/tickets/{number}/timeline",
    response_model=Page[EventShown],
    summary="Read who did what",
    responses=documented(404),
)
async def read_timeline(
    parts: FromParts, caller: Reader, number: Number, cursor: Cursor = None, limit: Limit = 50
) -> Page[EventShown]:
    """Return who did what to the ticket and from where, oldest first."""

    def shown(found: Sequence[Any]) -> list[EventShown]:
        return [EventShown.model_validate(each) for each in found]

    return await _page(parts, caller, reading.timeline, shown, number, cursor, limit)


@router.get(
    "/tickets/{number}/model-calls",
    response_model=Page[ModelCallShown],
    summary="Read the ledger",
    responses=documented(404),
)
async def read_model_calls(
    parts: FromParts, caller: Reader, number: Number, cursor: Cursor = None, limit: Limit = 50
) -> Page[ModelCallShown]:
    """Return each time that a model was asked about the ticket, oldest first."""

    def shown(found: Sequence[Any]) -> list[ModelCallShown]:
        return [ModelCallShown.model_validate(each) for each in found]

    return await _page(parts, caller, reading.calls, shown, number, cursor, limit)


@router.post(
    "/tickets/{number}/messages",
    status_code=201,
    response_model=MessageShown,
    summary="Add to the conversation",
    responses=documented(404, 409, 413, 415),
)
async def add_message(act: Acting, number: Number, body: NewMessage) -> Response:
    """Add a requester's follow-up, an answer, what somebody else said, or an internal note."""
    parts = act.parts

    def work(session: Session) -> Answer:
        message = entries.add(
            session,
            installation=parts.installation,
            number=number,
            by=act.caller,
            entry=body.entry(),
        )
        session.flush()
        session.refresh(message, ["author"])
        replies = listing.replies_of(session, message_ids=[message.id])
        return answer(
            answers.message(message, replies.get(message.id)),
            status=201,
            location=f"{address(number)}/messages",
        )

    return await act.once(work)


async def _page(
    parts: Parts,
    caller: Caller,
    query: Callable[..., Any],
    show: Callable[[Any], list[Shown]],
    number: int,
    cursor: str | None,
    limit: int,
) -> Page[Shown]:
    """Return a page of what belongs to the ticket; one more row is read to see if there is one."""
    of = f"{query.__name__} {number}"
    found = await parts.desk.read(
        query,
        installation=parts.installation,
        by=caller,
        number=number,
        after=cursors.position(cursor, of=of) or 0,
        limit=limit + 1,
    )
    items = show(found)
    has_more = len(items) > limit
    items = items[:limit]
    last = items[-1].id if has_more else 0  # type: ignore[attr-defined]
    return Page(items=items, next_cursor=cursors.after(last, of=of) if has_more else None)
