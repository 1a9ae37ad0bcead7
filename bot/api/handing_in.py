"""Many tickets handed in at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from bot.api import gate, problems
from bot.api.acting import Act, Acting, answer, as_response
from bot.api.answers import ItemShown, ItemsShown
from bot.api.gate import LARGER, PREFIX
from bot.api.problems import Problem, ProblemDocument, documented
from bot.api.requests import NewTicket
from core import submissions
from core.answers import Answer
from core.errors import Refusal
from core.submissions import EXTERNAL_ID_LIMIT
from core.text import one_line

router = APIRouter(tags=["tickets"])

MOST = 1_000
# So many tickets are one transaction: others wait for it no longer than for a few single ones.
TOGETHER = 20

_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "maxItems": MOST,
                    "items": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/NewTicket"},
                            {"description": "Anything else has the result ERROR."},
                        ]
                    },
                }
            }
        },
        "required": True,
    }
}


@router.post(
    "/tickets/batch",
    status_code=207,
    response_model=ItemsShown,
    summary="Open many tickets",
    responses=documented(409, 413, 415),
    openapi_extra=_BODY,
    max_body_size=LARGER[f"{PREFIX}/tickets/batch"],
)
async def open_tickets(act: Acting, body: Annotated[list[Any], Body(max_length=MOST)]) -> Response:
    """Open up to 1,000 tickets, and say of each what came of it. One that is wrong spoils no other.

    What was done is kept if the desk is stopped in the middle of it; the same request under the
    same Idempotency-Key goes on with the rest.
    """
    results: list[ItemShown] = []
    for part, start in enumerate(range(0, len(body), TOGETHER)):
        results += await _part(act, part, body[start : start + TOGETHER])
    return as_response(answer(ItemsShown(results=results), status=207))


async def _part(act: Act, part: int, items: Sequence[Any]) -> list[ItemShown]:
    def work(session: Session) -> Answer:
        return answer(ItemsShown(results=[_item(act, session, each) for each in items]), status=207)

    act = replace(act, key=replace(act.key, part=part) if act.key is not None else None)
    try:
        said = await act.done_once(work)
    except Refusal:  # of the key, which belongs to another request: nothing was done
        raise
    except Exception as error:  # noqa: BLE001 - what came before is committed, and must be told
        problem = gate.told(error)
        return [_failed(problem, each) for each in items]
    return ItemsShown.model_validate_json(said.body).results


def _item(act: Act, session: Session, sent: Any) -> ItemShown:
    try:
        new = NewTicket.model_validate(sent)
        with session.begin_nested():
            opened = submissions.submit(
                session,
                installation=act.parts.installation,
                by=act.caller,
                submission=replace(new.submission(), is_bulk=True),
                card_delay=act.parts.card_delay,
            )
    except ValidationError as error:
        return _failed(problems.of_errors(error.errors(), within="body"), sent)
    except Refusal as error:
        return _failed(problems.of_refusal(error), sent)
    return ItemShown(
        status="CREATED" if opened.is_new else "EXISTS",
        ticket_id=opened.ticket.id,
        external_id=opened.ticket.external_id,
        owner_id=opened.ticket.requester_id,
    )


def _failed(problem: Problem, sent: Any) -> ItemShown:
    """Return why it was not made, with the caller's own id for it, as it would have been kept."""
    given = sent.get("external_id") if isinstance(sent, dict) else None
    external_id = one_line(given, EXTERNAL_ID_LIMIT) if isinstance(given, str) else ""
    return ItemShown(
        status="ERROR",
        external_id=external_id or None,
        problem=ProblemDocument.model_validate(problem.document()),
    )
