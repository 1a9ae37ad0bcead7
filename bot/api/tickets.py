"""Tickets over the API: handed in, and read."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from sqlalchemy.orm import Session

from bot.api import answers
from bot.api.acting import Acting, FromParts, Reader, answer
from bot.api.answers import TicketShown
from bot.api.gate import PREFIX
from bot.api.problems import documented
from bot.api.requests import NewTicket
from core import rights, submissions
from core.answers import Answer
from core.installation import Installation
from storage.repositories import tickets as rows
from storage.tables import Ticket

router = APIRouter(tags=["tickets"])

Number = Annotated[int, Path(ge=1, description="The number that people see, without #.")]


@router.post(
    "/tickets",
    status_code=201,
    response_model=TicketShown,
    summary="Open a ticket",
    responses={
        200: {"model": TicketShown, "description": "It came under that external_id before."},
        **documented(409, 413, 415),
    },
)
async def open_ticket(act: Acting, body: NewTicket) -> Response:
    """Open a ticket; its card is in Slack a moment later."""
    parts = act.parts

    def work(session: Session) -> Answer:
        opened = submissions.submit(
            session,
            installation=parts.installation,
            by=act.caller,
            submission=body.submission(),
            card_delay=parts.card_delay,
        )
        return answer(
            shown(session, parts.installation, opened.ticket.id),
            status=201 if opened.is_new else 200,
            location=address(opened.ticket.id),
        )

    return await act.once(work)


@router.get(
    "/tickets/{number}",
    response_model=TicketShown,
    summary="Read a ticket",
    responses=documented(404),
)
async def read_ticket(parts: FromParts, caller: Reader, number: Number) -> TicketShown:
    """Return the ticket with its contact."""
    ticket, _ = await parts.desk.read(
        rights.for_reader, installation=parts.installation, number=number, by=caller
    )
    return answers.ticket(ticket, installation=parts.installation)


def address(number: int) -> str:
    """Return where the ticket is read."""
    return f"{PREFIX}/tickets/{number}"


def shown(session: Session, installation: Installation, number: int) -> TicketShown:
    """Return the ticket as it is now, to whoever has just changed it."""
    session.flush()
    ticket: Ticket | None = rows.by_number(
        session, workspace_id=installation.workspace_id, number=number
    )
    if ticket is None:
        raise RuntimeError(f"ticket {number} is gone that this transaction worked on")
    return answers.ticket(ticket, installation=installation)
