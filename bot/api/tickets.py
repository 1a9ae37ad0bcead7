"""Tickets over the API: handed in, and read."""

from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy.orm import Session

from bot.api import answers, cursors
from bot.api.acting import Acting, FromParts, Reader, answer
from bot.api.answers import Page, TicketShown
from bot.api.cursors import Cursor, Limit
from bot.api.gate import PREFIX
from bot.api.problems import documented
from bot.api.requests import Moment, NewTicket
from core import reading, rights, submissions
from core.answers import Answer
from core.installation import Installation
from core.submissions import EXTERNAL_ID_LIMIT, SOURCE_LIMIT
from core.text import one_line
from storage.repositories import tickets as rows
from storage.repositories.listing import Filters
from storage.tables import Status, Ticket, TicketPriority, TriageStatus

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


class Wanted(BaseModel):
    """Which tickets are listed; each filter that is given must hold."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    triage_status: TriageStatus | None = None
    category: Annotated[str, StringConstraints(max_length=40)] | None = None
    priority: TicketPriority | None = None
    assignee: Annotated[str, StringConstraints(pattern=r"^(none|[1-9][0-9]{0,8})$")] | None = Field(
        None, description="A contact by its number, or none.", examples=["none", "12"]
    )
    source: Annotated[str, StringConstraints(max_length=SOURCE_LIMIT)] | None = None
    external_id: Annotated[str, StringConstraints(max_length=EXTERNAL_ID_LIMIT)] | None = None
    text: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="Part of title or raw_text. A page may be short: follow next_cursor."
    )
    since: Moment | None = Field(None, description="Opened at that moment or later.")
    cursor: Cursor = None
    limit: Limit = 50

    @model_validator(mode="after")
    def _of_a_source(self) -> Self:
        if self.external_id is not None and self.source is None:
            raise ValueError("an external_id belongs to a source: give both")
        return self

    def filters(self) -> Filters:
        """Return them as the desk takes them; what no row can hold is not looked for."""
        number = {None: None, "none": 0}.get(self.assignee, self.assignee)
        return Filters(
            status=self.status,
            triage_status=self.triage_status,
            category=_storable(self.category),
            priority=self.priority,
            assignee_id=int(number) if number is not None else None,
            source=_storable(self.source),
            external_id=_storable(self.external_id),
            text=_storable(self.text) or None,
            since=self.since,
        )

    @property
    def list_name(self) -> str:
        """The list that a cursor belongs to."""
        return "tickets " + self.model_dump_json(exclude={"cursor", "limit"})


def _storable(text: str | None) -> str | None:
    return None if text is None else one_line(text, 255)


@router.get(
    "/tickets",
    response_model=Page[TicketShown],
    summary="List tickets",
    responses=documented(),
)
async def list_tickets(
    parts: FromParts, caller: Reader, wanted: Annotated[Wanted, Query()]
) -> Page[TicketShown]:
    """Return the newest tickets that pass the filters; none that was set aside is among them."""
    found = await parts.desk.read(
        reading.tickets,
        installation=parts.installation,
        by=caller,
        filters=wanted.filters(),
        before=cursors.position(wanted.cursor, of=wanted.list_name),
        limit=wanted.limit,
    )
    going_on = found.next_before
    return Page(
        items=[answers.ticket(each, installation=parts.installation) for each in found.tickets],
        next_cursor=cursors.after(going_on, of=wanted.list_name) if going_on else None,
    )


@router.api_route(
    "/tickets/batch", methods=["GET", "PUT", "PATCH", "DELETE"], include_in_schema=False
)
async def no_number() -> None:
    """Say that this is not the address of a ticket."""
    raise HTTPException(405, headers={"Allow": "POST"})


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
