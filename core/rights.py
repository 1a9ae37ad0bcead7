"""The way from a number to a ticket: who may do something with it, and who may know of it."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from core import contacts
from core.audit import Surface, denial
from core.caller import By, Caller
from core.errors import NotTheirs, UnknownTicket
from core.installation import Installation
from storage.repositories import tickets
from storage.tables import Contact, Message, Ticket

# What both databases can look for.
LARGEST_NUMBER = 2**31 - 1


def may_see(person: Contact, ticket: Ticket, *, installation: Installation) -> bool:
    """Whether the ticket is there for that person: their own; for an agent all but private ones.

    Those are for the agents in the channel of private tickets, or for every agent without one.
    """
    if ticket.requester_id == person.id:
        return True
    return person.is_agent and (not ticket.private or sees_private(person, installation))


def sees_private(person: Contact, installation: Installation) -> bool:
    """Whether the person may see the private tickets of others."""
    is_in = installation.private_triage_channel is None or person.sees_private
    return person.is_agent and is_in


def has_private(by: By, person: Contact, *, installation: Installation) -> bool:
    """Whether the private tickets of others are there for them, by the way on which they come."""
    is_kept_out = isinstance(by, Caller) and not by.sees_private
    return not is_kept_out and sees_private(person, installation)


def visible(by: By, person: Contact, *, installation: Installation) -> ColumnElement[bool]:
    """Which tickets are there for that agent, by the way on which they come."""
    if isinstance(by, Caller) and not by.sees_private:
        return tickets.for_every_agent()
    return tickets.visible_to(person.id, with_private=sees_private(person, installation))


def is_for(by: By, person: Contact, ticket: Ticket, *, installation: Installation) -> bool:
    """Whether the ticket is there for that person, by the way on which they come."""
    if isinstance(by, Caller) and ticket.private and not by.sees_private:
        return False
    return may_see(person, ticket, installation=installation)


def for_agent(
    session: Session, *, installation: Installation, number: int, by: By
) -> tuple[Ticket, Contact]:
    """Return the ticket, locked for changing, and the agent who works on it.

    Raises:
        NotAnAgent: the person is none.
        UnknownTicket: there is none, or it is not for that agent.
    """
    # People before tickets, as everywhere: two transactions never wait for each other.
    agent = contacts.agent(session, installation=installation, by=by, number=number)
    ticket = locked(session, installation=installation, number=number)
    if not is_for(by, agent, ticket, installation=installation):
        raise NotTheirs(number)
    return ticket, agent


def for_person(
    session: Session, *, installation: Installation, number: int, by: By
) -> tuple[Ticket, Contact]:
    """Return the ticket, locked for changing, to an agent or to its own requester.

    Raises:
        UnknownTicket: there is none, or it is not theirs.
    """
    person = contacts.acting(session, installation=installation, by=by)
    ticket = locked(session, installation=installation, number=number)
    if not is_for(by, person, ticket, installation=installation):
        raise NotTheirs(number)
    return ticket, person


def for_reader(
    session: Session, *, installation: Installation, number: int, by: By
) -> tuple[Ticket, Contact]:
    """Return the ticket with its people, for showing it to that person.

    Raises:
        UnknownTicket: there is none, or it is not for them.
    """
    person = contacts.acting(session, installation=installation, by=by)
    ticket = None
    if number <= LARGEST_NUMBER:
        ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    if not is_for(by, person, ticket, installation=installation):
        raise NotTheirs(number)
    return ticket, person


def locked(session: Session, *, installation: Installation, number: int) -> Ticket:
    """Return the ticket for changing, whoever asks.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = None
    if number <= LARGEST_NUMBER:
        ticket = tickets.locked(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    return ticket


def locked_with(session: Session, *, installation: Installation, message: Message) -> Ticket:
    """Return the ticket of the message for changing, whoever asks; the message as it is now.

    Whoever held the ticket until now may have edited or deleted the message, or made it a ticket
    of its own.

    Raises:
        UnknownTicket: there is none.
    """
    while True:
        ticket = locked(session, installation=installation, number=message.ticket_id)
        session.refresh(message)
        if message.ticket_id == ticket.id:
            return ticket


def denied(
    session: Session,
    *,
    installation: Installation,
    by: By,
    number: int | None,
    surface: Surface,
    tried: str,
) -> None:
    """Audit that a person tried what they have no right to; ``tried`` is the name of an element.

    A transaction of its own: the one that was refused is undone.
    """
    person = contacts.acting(session, installation=installation, by=by)
    ticket = None
    if number is not None and number <= LARGEST_NUMBER:
        ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    denial(session, person, ticket, surface=surface, tried=tried)
