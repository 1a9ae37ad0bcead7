"""What agents do to a ticket, over the API: the buttons of the card."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from bot.api.acting import Act, Acting, answer
from bot.api.answers import ReplyShown, TicketShown
from bot.api.problems import Problem, documented
from bot.api.requests import Approval, HandingOver
from bot.api.tickets import Number, shown
from core import handover, replies, tickets
from core.answers import Answer
from core.audit import Surface
from core.replies import Draft, Seen
from storage.repositories import triage as rows

router = APIRouter(tags=["what agents do"])

_PROBLEMS = documented(404, 409, 413, 415)


@router.patch(
    "/tickets/{number}/resolve",
    response_model=TicketShown,
    summary="Resolve",
    responses=_PROBLEMS,
)
async def resolve(act: Acting, number: Number) -> Response:
    """Close the ticket; its requester is told."""
    return await _changed(act, number, tickets.resolve)


@router.patch(
    "/tickets/{number}/reopen", response_model=TicketShown, summary="Reopen", responses=_PROBLEMS
)
async def reopen(act: Acting, number: Number) -> Response:
    """Take a resolved ticket up again."""
    return await _changed(act, number, tickets.reopen)


@router.patch(
    "/tickets/{number}/claim", response_model=TicketShown, summary="Claim", responses=_PROBLEMS
)
async def claim(act: Acting, number: Number) -> Response:
    """Make whoever holds the token the ticket's assignee."""
    return await _changed(act, number, tickets.claim)


@router.patch(
    "/tickets/{number}/handover",
    response_model=TicketShown,
    summary="Hand over",
    responses=_PROBLEMS,
)
async def hand_over(act: Acting, number: Number, body: HandingOver) -> Response:
    """Hand the ticket over to a person or a channel in Slack, who are told with the summary."""
    service = partial(
        handover.hand_over,
        person=body.to_person,
        channel=body.to_channel,
        summary=body.summary,
        form_key=f"api:{uuid4().hex}",
    )
    return await _changed(act, number, service)


@router.post(
    "/tickets/{number}/approve",
    response_model=ReplyShown,
    summary="Approve the draft",
    responses=_PROBLEMS,
)
async def approve(act: Acting, number: Number, body: Approval) -> Response:
    """Send the draft of that very result, or the text in place of it, to the requester.

    It is the act of whoever holds the token, and on record under that name. The first approval
    wins. What the requester wrote after the draft was made must be acknowledged with ``seen``.
    """
    parts = act.parts

    def work(session: Session) -> Answer:
        seen = body.seen
        outcome = replies.approve(
            session,
            installation=parts.installation,
            number=number,
            result_id=body.result_id,
            by=act.caller,
            text=body.text,
            seen=Seen(seen.message_id, seen.edited_at) if seen is not None else None,
            surface=Surface.API,
        )
        if isinstance(outcome, Draft):
            raise _newer(outcome)
        session.flush()
        reply = rows.reply(session, reply_id=outcome.id)
        return answer(ReplyShown.model_validate(reply))

    return await act.once(work)


def _newer(draft: Draft) -> Problem:
    """Return what must be read before the draft is sent, and how to say that it was."""
    seen = draft.seen
    return Problem(
        "newer-messages",
        "Nothing was sent. Read what the requester wrote since; then approve with this seen, or "
        "have a new draft made with POST …/process?force=true.",
        news=[{"id": each.id, "text": each.text} for each in draft.news],
        seen={
            "message_id": seen.message_id,
            "edited_at": seen.edited_at.isoformat() if seen.edited_at is not None else None,
        },
    )


async def _changed(act: Act, number: int, service: Callable[..., object]) -> Response:
    """Do it, and answer with the ticket as it is then."""
    parts = act.parts

    def work(session: Session) -> Answer:
        service(
            session,
            installation=parts.installation,
            number=number,
            by=act.caller,
            surface=Surface.API,
        )
        return answer(shown(session, parts.installation, number))

    return await act.once(work)
