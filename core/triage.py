"""From a ticket to a result: what a triage reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import contacts, ledger, registry, rights
from core.announce import changed
from core.answer import TriageAnswer
from core.audit import Surface, record
from core.caller import By
from core.errors import LeaseLost, NothingToDo
from core.installation import Installation
from core.jobs import Urgency, is_ours
from core.model_reply import DOWN, ModelReply
from core.rights import locked
from core.tickets import refuse_set_aside
from core.triage_queue import triage_due, triages_due
from core.triager import Brief, Triager, Triagers
from storage.repositories import jobs, messages, tickets, triage
from storage.tables import (
    Job,
    Message,
    PromptVersion,
    Result,
    Ticket,
    TicketPriority,
    TriageStatus,
)

PROMPT = "triage"
MESSAGES_READ = 50
# Each triage that is caught up brings up so many more: all of them come, and none holds the
# database for long.
CAUGHT_UP_AT_ONCE = 20
# A ticket that makes the model hang would otherwise be tried again after each one that does not.
CAUGHT_UP_TRIAGES = 3
# Three days, where it is one ticket alone by which the model is probed every ten minutes.
MOST_PROBES = 500
UNDER_WAY = frozenset({TriageStatus.PENDING, TriageStatus.ON_TRIAGE})


@dataclass(frozen=True)
class Begun:
    """A triage under way: its brief, what was read for it, who is asked, and the first ledger row.

    ``by_model`` is false where the model was passed by, so that nothing is known of its state.
    """

    brief: Brief
    read_message_id: int | None
    triager: Triager
    by_model: bool
    prompt: PromptVersion
    call_id: int


def begin(
    session: Session,
    *,
    installation: Installation,
    job: Job,
    triagers: Triagers,
    default_prompt: str,
) -> Begun | None:
    """Read what the triage needs and open its row in the ledger; None if it is overtaken.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    ticket = _current(session, installation, job)
    if ticket is None:
        return None
    if not is_ours(session, job=job):
        raise LeaseLost(f"job {job.id} ({job.kind}) is no longer ours")
    ticket.triage_status = TriageStatus.ON_TRIAGE
    prompt = registry.live(
        session, workspace_id=ticket.workspace_id, name=PROMPT, default=default_prompt
    )
    requester = tickets.by_number(session, workspace_id=ticket.workspace_id, number=ticket.id)
    opening, said = messages.conversation(session, ticket_id=ticket.id, limit=MESSAGES_READ)
    triager = triagers.choose(private=ticket.private)
    return Begun(
        brief=Brief(
            text=request_of(ticket),
            later=_later(said),
            requester=requester.requester.name if requester is not None else "",
            prompt_name=prompt.name,
            prompt_version=prompt.version,
        ),
        read_message_id=max((each.id for each in (opening, *said) if each), default=None),
        triager=triager,
        by_model=triager is triagers.usual,
        prompt=prompt,
        call_id=ledger.opened(session, job=job, prompt=prompt, model=triager.name),
    )


def _current(session: Session, installation: Installation, job: Job) -> Ticket | None:
    """Return the ticket of a triage that still counts."""
    ticket = locked(session, installation=installation, number=job.ticket_id or 0)
    overtaken = job.payload["generation"] != ticket.triage_generation
    return None if overtaken or ticket.withdrawn_at is not None else ticket


def request_of(ticket: Ticket) -> str:
    """Return what was asked, with the title where it does not only repeat the message."""
    if ticket.has_own_title:
        return f"{ticket.title}\n\n{ticket.raw_text}"
    return ticket.raw_text


def _later(said: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    """What was said in public after the request, each with the role of who said it."""
    return tuple((message.role, message.text) for message in said if message.text)


def complete(
    session: Session,
    *,
    installation: Installation,
    job: Job,
    call_id: int,
    reply: ModelReply[TriageAnswer],
    begun: Begun,
) -> None:
    """Write the result and the call's record; an overtaken triage leaves its record only."""
    ledger.closed(session, call_id=call_id, reply=reply)
    answer = reply.parsed
    ticket = _current(session, installation, job)
    if ticket is None or answer is None:
        return
    triage.retire_results(session, ticket_id=ticket.id)
    session.add(
        Result(
            workspace_id=ticket.workspace_id,
            ticket_id=ticket.id,
            model_call_id=call_id,
            **answer.model_dump(exclude={"priority"}),
            priority=TicketPriority(answer.priority),
            model=reply.model,
            prompt_version=begun.prompt.version,
            read_message_id=begun.read_message_id,
        )
    )
    ticket.triage_status, ticket.triage_error = TriageStatus.COMPLETED, None
    if not ticket.has_own_title:
        ticket.title = answer.title
    if ticket.category_set_by_id is None:
        ticket.category = answer.category
    if ticket.priority_set_by_id is None:
        ticket.priority = TicketPriority(answer.priority)
    record(session, ticket, "triaged", actor=None, surface=Surface.DESK, call_id=call_id)
    changed(session, ticket, urgency=Urgency(max(job.priority, Urgency.CARD)))
    if begun.by_model:
        _catch_up(session, installation, most_triages=ticket.triage_generation + 1)


def stumble(
    session: Session,
    *,
    installation: Installation,
    job: Job,
    call_id: int,
    reply: ModelReply[TriageAnswer],
    reason: str,
) -> None:
    """Write that the model gave nothing usable this time, and let the card say so."""
    ledger.closed(session, call_id=call_id, reply=reply)
    ticket = _current(session, installation, job)
    if ticket is None or not is_ours(session, job=job):
        return
    ticket.triage_status = TriageStatus.PENDING
    ticket.model_was_down = reply.outcome in DOWN
    if ticket.triage_error != reason:
        ticket.triage_error = reason
        changed(session, ticket, urgency=Urgency.UPDATE)


def failed(session: Session, *, installation: Installation, job: Job, reason: str) -> None:
    """Write that there will be no triage unless somebody asks again."""
    ticket = _current(session, installation, job)
    if ticket is None:
        return
    ticket.triage_status, ticket.triage_error = TriageStatus.FAILED, reason
    record(session, ticket, "triage_failed", actor=None, surface=Surface.DESK)
    changed(session, ticket, urgency=Urgency.CARD)


def probe(session: Session, *, installation: Installation) -> None:
    """Find out by one ticket whether the model works again, of which nobody may ask anything else.

    If it does, the others follow. The card goes on saying that the triage failed.
    """
    ticket = tickets.to_probe_the_model(
        session, workspace_id=installation.workspace_id, most_triages=MOST_PROBES
    )
    if ticket is not None:
        ticket.triage_status = TriageStatus.PENDING
        triage_due(session, ticket, urgency=Urgency.UPDATE)


def _catch_up(session: Session, installation: Installation, *, most_triages: int) -> None:
    """The model works again: triage what failed only because it did not, oldest first."""
    back = tickets.failed_while_model_down(
        session,
        workspace_id=installation.workspace_id,
        most_triages=max(most_triages, CAUGHT_UP_TRIAGES),
        limit=CAUGHT_UP_AT_ONCE,
    )
    for ticket in back:
        ticket.triage_status, ticket.triage_error = TriageStatus.PENDING, None
        changed(session, ticket, urgency=Urgency.UPDATE)
    triages_due(session, back, urgency=Urgency.UPDATE)


@dataclass(frozen=True)
class Standing:
    """How the triage of a ticket stands; ``job`` is the one that is to bring its end, or did."""

    ticket: Ticket
    result: Result | None
    job: Job | None


def standing(session: Session, *, installation: Installation, number: int, by: By) -> Standing:
    """Return how the triage stands, to an agent.

    Raises:
        NotAnAgent, UnknownTicket: see there.
    """
    contacts.agent(session, installation=installation, by=by, number=number)
    ticket, _ = rights.for_reader(session, installation=installation, number=number, by=by)
    return _standing(session, ticket)


def _standing(session: Session, ticket: Ticket) -> Standing:
    key = f"triage:{ticket.id}:{ticket.triage_generation}"
    return Standing(
        ticket,
        triage.current_result(session, ticket_id=ticket.id),
        jobs.with_key(session, dedupe_key=key),
    )


def process_once(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    force: bool = False,
    surface: Surface,
) -> Standing:
    """Have the ticket triaged unless that is under way, or done already and without ``force``.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it was set aside.
    """
    ticket, _ = rights.for_agent(session, installation=installation, number=number, by=by)
    refuse_set_aside(ticket)
    has_result = triage.current_result(session, ticket_id=ticket.id) is not None
    is_done = ticket.triage_status is TriageStatus.COMPLETED and has_result and not force
    if not is_done and ticket.triage_status not in UNDER_WAY:
        process(
            session,
            installation=installation,
            number=number,
            by=by,
            force=force,
            surface=surface,
        )
    return _standing(session, ticket)


def process(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    force: bool = False,
    surface: Surface = Surface.BUTTON,
) -> Ticket:
    """Have the ticket triaged; with a result there already, only with ``force``.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it has a result, its triage is under way, or it was set aside.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    refuse_set_aside(ticket)
    if ticket.triage_status in UNDER_WAY:
        raise NothingToDo(f"The triage of ticket #{number} is under way.")
    if ticket.triage_status is TriageStatus.COMPLETED and not force:
        raise NothingToDo(f"Ticket #{number} is triaged already.")
    ticket.triage_status, ticket.triage_error = TriageStatus.PENDING, None
    triage_due(session, ticket, urgency=Urgency.CLICK)
    record(session, ticket, "triage_asked", actor=agent, surface=surface, force=force)
    changed(session, ticket)
    return ticket
