"""Tickets: claimed, corrected, resolved, set aside."""

from sqlalchemy.orm import Session

from core import contacts, handover_words, resolution, rights
from core.announce import changed, homes_due, receipt_due
from core.audit import Surface, record
from core.caller import By
from core.contacts import Profile
from core.errors import NothingToDo
from core.installation import Installation
from core.jobs import Kind, Urgency, hasten
from core.triage_queue import triage_due
from storage.repositories import tickets, triage
from storage.tables import (
    Contact,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
    utcnow,
)

SHOWN_TICKETS = 20


def introduced(session: Session, *, installation: Installation, profile: Profile) -> None:
    """Learn who a person is, and let the cards say so that were posted before.

    What waited for their name waits no more.
    """
    known = contacts.known(session, installation=installation, user_id=profile.user_id).name
    person = contacts.learn(session, installation=installation, profile=profile)
    if person.name == known:
        return
    for ticket in tickets.of_requester(session, contact_id=person.id, limit=SHOWN_TICKETS):
        if ticket.triage_status is TriageStatus.PENDING:
            hasten(
                session,
                lane=f"triage:{ticket.id}",
                kind=Kind.TRIAGE,
                at=utcnow(),
                urgency=Urgency.CARD,
            )
        if ticket.card_ts is None:
            ticket.version += 1  # what is being posted at this moment is not the last word
        else:
            changed(session, ticket, urgency=Urgency.UPDATE)
        if ticket.resolved_by_id == person.id:  # all that the receipt says of their name
            receipt_due(session, ticket, urgency=Urgency.UPDATE)


def claim(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    instead_of: int | None = None,
    surface: Surface = Surface.BUTTON,
) -> Ticket:
    """Make the agent the ticket's assignee, in the place of the one whom the card named.

    ``instead_of`` is that contact's id, 0 for nobody, None for whomever: of two who claim at once,
    one is told.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it is the agent's already, resolved, or set aside.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    refuse_set_aside(ticket)
    if ticket.assignee_id == agent.id:
        raise NothingToDo(f"Ticket #{number} is yours already.")
    if instead_of is not None and (ticket.assignee_id or 0) != instead_of:
        other = contacts.name_of(session.get(Contact, ticket.assignee_id or 0))
        raise NothingToDo(f"{other} claimed ticket #{number} a moment ago.")
    if ticket.status is Status.RESOLVED:
        raise NothingToDo(f"Ticket #{number} is resolved. Reopen it to work on it.")
    ticket.assignee_id = agent.id
    if ticket.status is Status.NEW:
        ticket.status = Status.OPEN
    record(session, ticket, "claimed", actor=agent, surface=surface)
    changed(session, ticket, receipt=True)
    return ticket


def correct(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    category: str | None = None,
    priority: TicketPriority | None = None,
) -> Ticket:
    """Set what an agent knows better; a later triage leaves it as it is.

    Raises:
        NotAnAgent, UnknownTicket: see there.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    if category is not None:
        record(
            session,
            ticket,
            "category_set",
            actor=agent,
            surface=Surface.BUTTON,
            was=ticket.category,
            now=category,
        )
        ticket.category, ticket.category_set_by_id = category, agent.id
    if priority is not None:
        record(
            session,
            ticket,
            "priority_set",
            actor=agent,
            surface=Surface.BUTTON,
            was=ticket.priority,
            now=priority,
        )
        ticket.priority, ticket.priority_set_by_id = priority, agent.id
    changed(session, ticket)
    return ticket


def resolve(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    surface: Surface = Surface.BUTTON,
) -> Ticket:
    """Close the ticket: agents any, requesters their own.

    Raises:
        UnknownTicket: there is none, or it is not theirs.
        NothingToDo: it is resolved already, or set aside.
    """
    ticket, person = rights.for_person(session, installation=installation, number=number, by=by)
    if ticket.status is Status.RESOLVED:
        raise NothingToDo(f"Ticket #{number} is resolved already.")
    if ticket.withdrawn_at is not None:
        raise NothingToDo(f"Ticket #{number} was set aside as not a ticket.")
    close(session, ticket, person, surface=surface)
    if person.id != ticket.requester_id:
        resolution.telling_due(session, ticket)
    changed(session, ticket, receipt=True)
    return ticket


def close(session: Session, ticket: Ticket, person: Contact, *, surface: Surface) -> None:
    """Note that the person resolved the ticket."""
    ticket.status = Status.RESOLVED
    ticket.resolved_at = utcnow()
    ticket.resolved_by_id = person.id
    record(session, ticket, "resolved", actor=person, surface=surface)


def reopen(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    surface: Surface = Surface.BUTTON,
) -> Ticket:
    """Take a resolved ticket up again: agents any, requesters their own.

    Raises:
        UnknownTicket: there is none, or it is not theirs.
        NothingToDo: it is not resolved.
    """
    ticket, person = rights.for_person(session, installation=installation, number=number, by=by)
    refuse_set_aside(ticket)
    if ticket.status is not Status.RESOLVED:
        raise NothingToDo(f"Ticket #{number} is open already.")
    ticket.status = Status.OPEN
    ticket.resolved_at = ticket.resolved_by_id = None
    record(session, ticket, "reopened", actor=person, surface=surface)
    changed(session, ticket, receipt=True)
    return ticket


def set_aside(session: Session, *, installation: Installation, number: int, by: By) -> Ticket:
    """Mark the ticket as none, so that the bot's messages to the requester are taken back.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it was answered, or set aside before.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    if ticket.withdrawn_at is not None:
        raise NothingToDo(f"Ticket #{number} is set aside already.")
    if triage.last_replies(session, ticket_id=ticket.id, limit=1):
        raise NothingToDo(f"Ticket #{number} was answered. Resolve it instead.")
    ticket.withdrawn_at = utcnow()
    ticket.withdrawn_by_id = agent.id
    record(session, ticket, "set_aside", actor=agent, surface=Surface.BUTTON)
    changed(session, ticket, receipt=True)
    return ticket


def make_private(session: Session, *, installation: Installation, number: int, by: By) -> Ticket:
    """Show the ticket to none but those who handle private ones, and its requester; for good.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it is private.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    if ticket.private:
        raise NothingToDo(f"Ticket #{number} is private already.")
    ticket.private = True
    handover_words.hidden(session, installation=installation, ticket=ticket)
    record(session, ticket, "made_private", actor=agent, surface=Surface.BUTTON)
    changed(session, ticket)
    homes_due(session, ticket)
    return ticket


def bring_back(session: Session, *, installation: Installation, number: int, by: By) -> Ticket:
    """Undo ``set_aside``. A triage that came to its end meanwhile was dropped: it is asked anew.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it is not set aside, or its requester withdrew it.
    """
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    if ticket.withdrawn_at is None:
        raise NothingToDo(f"Ticket #{number} is not set aside.")
    if ticket.withdrawn_by_id == ticket.requester_id:
        raise NothingToDo(f"The requester withdrew ticket #{number} and deleted what it said.")
    ticket.withdrawn_at = ticket.withdrawn_by_id = None
    record(session, ticket, "brought_back", actor=agent, surface=Surface.BUTTON)
    if ticket.triage_status in {TriageStatus.PENDING, TriageStatus.ON_TRIAGE}:
        triage_due(session, ticket)
    changed(session, ticket, receipt=True)
    return ticket


def refuse_set_aside(ticket: Ticket) -> None:
    """Refuse what makes no sense for something that is not a ticket.

    Raises:
        NothingToDo: it was set aside.
    """
    if ticket.withdrawn_at is not None:
        if ticket.withdrawn_by_id == ticket.requester_id:
            raise NothingToDo(f"The requester withdrew ticket #{ticket.id}.")
        raise NothingToDo(f"Ticket #{ticket.id} was set aside as not a ticket. Undo that first.")
