"""The way from a number to a ticket: who may do something with it, and who may know of it."""

from sqlalchemy.orm import Session

from core import contacts
from core.errors import UnknownTicket
from core.installation import Installation
from storage.repositories import tickets
from storage.tables import Contact, Ticket


def for_agent(
    session: Session, *, installation: Installation, number: int, user_id: str
) -> tuple[Ticket, Contact]:
    """Return the ticket, locked for changing, and the agent who works on it.

    Raises:
        NotAnAgent: the person is none.
        UnknownTicket: there is none, or it is not for that agent.
    """
    # People before tickets, as everywhere: two transactions never wait for each other.
    agent = contacts.agent(session, installation=installation, user_id=user_id)
    return locked(session, installation=installation, number=number), agent


def for_person(
    session: Session, *, installation: Installation, number: int, user_id: str
) -> tuple[Ticket, Contact]:
    """Return the ticket, locked for changing, to an agent or to its own requester.

    Raises:
        UnknownTicket: there is none, or it is not theirs.
    """
    person = contacts.known(session, installation=installation, user_id=user_id)
    ticket = locked(session, installation=installation, number=number)
    if not person.is_agent and ticket.requester_id != person.id:
        raise UnknownTicket(number)
    return ticket, person


def locked(session: Session, *, installation: Installation, number: int) -> Ticket:
    """Return the ticket for changing, whoever asks.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = tickets.locked(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    return ticket
