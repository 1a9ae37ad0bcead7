"""The suggestion of a handover summary: by the model, or without it, and it says which."""

from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from core import contacts, ledger, registry
from core.desk import Desk
from core.errors import UnknownTicket
from core.handover import SUMMARY_LIMIT
from core.inquiry import REASONS, converse
from core.installation import Installation
from core.offline.handover import Line
from core.summariser import HandoverBrief, Summariser
from core.text import clip
from core.triage import request_of
from storage.repositories import messages, tickets, triage
from storage.tables import Job, PromptVersion, Ticket

PROMPT = "handover"
DEFAULT_VERSION = "v1"
MESSAGES_READ = 50


@dataclass(frozen=True)
class Suggestion:
    """A summary for an agent to correct. Without a ``model``, ``why`` says why none wrote it."""

    ticket: Ticket
    text: str
    model: str | None = None
    why: str = ""


def read(
    session: Session, *, installation: Installation, number: int
) -> tuple[Ticket, HandoverBrief]:
    """Return the ticket with what its summary is made from.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    result = triage.current_result(session, ticket_id=ticket.id)
    _, said = messages.conversation(session, ticket_id=ticket.id, limit=MESSAGES_READ)
    return ticket, HandoverBrief(
        number=ticket.id,
        title=ticket.title,
        standing=f"Status {ticket.status}, priority {ticket.priority}",
        assignee=contacts.name_of(ticket.assignee) if ticket.assignee else None,
        request=request_of(ticket),
        summary=result.summary if result is not None else None,
        said=[
            Line(each.role, contacts.name_of(each.author), each.text, each.created_at)
            for each in said
            if each.text
        ],
        is_private=ticket.private,
    )


@dataclass(frozen=True)
class Begun:
    """What the model is asked about. Without a ``call_id`` it may not read it."""

    ticket: Ticket
    brief: HandoverBrief
    prompt: PromptVersion
    call_id: int | None


def begin(
    session: Session, *, installation: Installation, job: Job, summariser: Summariser
) -> Begun:
    """Read the ticket, and open the row of the ledger if the model may read it, too.

    Raises:
        UnknownTicket: there is none.
    """
    number = job.ticket_id or 0
    tickets.hold(session, ticket_id=number)  # what goes from now on is known to go after the call
    ticket, brief = read(session, installation=installation, number=number)
    prompt = registry.live(
        session, workspace_id=installation.workspace_id, name=PROMPT, default=DEFAULT_VERSION
    )
    if not summariser.may_read(brief):
        return Begun(ticket, brief, prompt, None)
    call_id = ledger.opened(session, job=job, prompt=prompt, model=summariser.name)
    return Begun(ticket, brief, prompt, call_id)


class Handover:
    """Suggests summaries; without a model, or where it gives none, the built-in one."""

    def __init__(
        self, desk: Desk, installation: Installation, summariser: Summariser | None
    ) -> None:
        self._desk = desk
        self._installation = installation
        self._summariser = summariser

    async def suggest(self, job: Job) -> Suggestion:
        """Ask, outside any transaction; what the model did is in the ledger afterwards."""
        if self._summariser is None:
            return await self._built_in(job, why="no model is set up")
        begun = await self._desk.run(
            begin, installation=self._installation, job=job, summariser=self._summariser
        )
        ticket, built_in = begun.ticket, clip(begun.brief.without_a_model, SUMMARY_LIMIT)
        if begun.call_id is None:
            return Suggestion(ticket, built_in, why="the ticket is private")
        call_id, reply = await converse(
            self._desk,
            partial(self._summariser.ask, begun.brief, begun.prompt.version),
            job=job,
            prompt=begun.prompt,
            model=self._summariser.name,
            call_id=begun.call_id,
        )
        is_forgotten = await self._desk.run(ledger.closed, call_id=call_id, reply=reply)
        if is_forgotten:
            return await self._built_in(job, why="the conversation lost a message meanwhile")
        if reply.parsed is None:
            return Suggestion(ticket, built_in, why=REASONS[reply.outcome])
        return Suggestion(ticket, reply.parsed.summary, model=reply.model)

    async def _built_in(self, job: Job, *, why: str) -> Suggestion:
        ticket, brief = await self._desk.read(
            read, installation=self._installation, number=job.ticket_id or 0
        )
        return Suggestion(ticket, clip(brief.without_a_model, SUMMARY_LIMIT), why=why)
