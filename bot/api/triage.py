"""Triage over the API: of one ticket, and of many as a batch."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response
from sqlalchemy.orm import Session

from bot.api import answers
from bot.api.acting import Acting, FromParts, Reader, answer, as_response
from bot.api.answers import (
    BatchShown,
    ProgressShown,
    Queued,
    ResultShown,
    TriageShown,
)
from bot.api.gate import PREFIX
from bot.api.problems import Problem, documented
from bot.api.requests import NewBatch
from bot.api.tickets import Number, address
from bot.parts import Parts
from core import batches, reading, triage
from core.answers import Answer
from core.audit import Surface
from core.caller import Caller
from core.triage import UNDER_WAY, Standing

router = APIRouter(tags=["triage"])

LONGEST_WAIT = 60
# While somebody waits, the ticket is looked at when something came to its end, but not more often
# than this, and not less often than that.
NOT_BEFORE, AT_LATEST = timedelta(seconds=0.1), timedelta(seconds=2)


@router.get(
    "/tickets/{number}/result",
    response_model=ResultShown,
    summary="Read the result",
    responses=documented(404),
)
async def read_result(parts: FromParts, caller: Reader, number: Number) -> ResultShown:
    """Return what the last triage found."""
    found = await _standing(parts, caller, number)
    if found.result is None:
        raise Problem(
            "no-result",
            f"Ticket #{number} has no result: its triage is {found.ticket.triage_status}. Have it "
            "triaged with POST …/process?wait=30.",
        )
    return ResultShown.model_validate(found.result)


@router.post(
    "/tickets/{number}/process",
    status_code=202,
    response_model=TriageShown,
    summary="Triage now",
    responses={
        200: {"model": ResultShown, "description": "There is a result."},
        **documented(404, 409, 413, 415),
    },
)
async def process(
    act: Acting,
    number: Number,
    force: Annotated[bool, Query(description="Even if there is a result.")] = False,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the result.")
    ] = 0,
) -> Response:
    """Have the ticket triaged; what is under way, or done and not forced, is not begun again."""
    parts = act.parts

    def work(session: Session) -> Answer:
        found = triage.process_once(
            session,
            installation=parts.installation,
            number=number,
            by=act.caller,
            force=force,
            surface=Surface.API,
        )
        session.flush()
        return _told(found)

    said = await act.done_once(work)
    if said.status == 202 and wait:
        said = _told(await _waited(parts, act.caller, number, wait))
    return as_response(said)


def _told(found: Standing) -> Answer:
    """Answer with the result, or with the job as long as that is still to bring one."""
    number = found.ticket.id
    if found.result is not None and found.ticket.triage_status not in UNDER_WAY:
        return answer(ResultShown.model_validate(found.result))
    return answer(answers.triage(found), status=202, location=f"{address(number)}/result")


async def _waited(parts: Parts, caller: Caller, number: int, seconds: int) -> Standing:
    """Return how the triage stands when it has come to its end, or when the time is up."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    found = await _standing(parts, caller, number)
    while found.ticket.triage_status in UNDER_WAY and (left := until - loop.time()) > 0:
        await parts.desk.news(min(AT_LATEST, timedelta(seconds=left)))
        await asyncio.sleep(NOT_BEFORE.total_seconds())
        found = await _standing(parts, caller, number)
    return found


async def _standing(parts: Parts, caller: Caller, number: int) -> Standing:
    return await parts.desk.read(
        triage.standing, installation=parts.installation, number=number, by=caller
    )


@router.post(
    "/triage-jobs/batch",
    status_code=202,
    response_model=Queued,
    summary="Triage all that wait",
    responses=documented(413, 415),
)
async def triage_batch(act: Acting, body: Annotated[NewBatch | None, Body()] = None) -> Response:
    """Have all tickets triaged that have no result, and nobody at work on one."""
    parts = act.parts
    most = parts.settings.model_concurrency
    wanted = body or NewBatch()

    def work(session: Session) -> Answer:
        batch = batches.ask(
            session,
            installation=parts.installation,
            by=act.caller,
            concurrency=min(wanted.concurrency or most, most),
            limit=wanted.limit,
            surface=Surface.API,
        )
        if batch is None:
            return answer(Queued(status="EMPTY", batch=None, total_items=0), status=202)
        shown = BatchShown(id=batch.id, total_items=batch.total)
        return answer(
            Queued(status="QUEUED", batch=shown, total_items=batch.total),
            status=202,
            location=f"{PREFIX}/triage-jobs/batch/{batch.id}",
        )

    return await act.once(work)


@router.get(
    "/triage-jobs/batch/{number}",
    response_model=ProgressShown,
    summary="Read how far a batch is",
    responses=documented(404),
)
async def read_batch(
    parts: FromParts, caller: Reader, number: Annotated[int, Path(ge=1)]
) -> ProgressShown:
    """Return how many of its tickets are done, failed, in work, and waiting."""
    found = await parts.desk.read(
        reading.batch, installation=parts.installation, by=caller, number=number
    )
    return answers.progress(found)
