"""What a person may read of tickets: lists, and one ticket with its conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from core import contacts, rights
from core.caller import By
from core.installation import Installation
from storage.repositories import lists, messages, triage
from storage.repositories.lists import Some
from storage.tables import Contact, Message, Result, Status, Ticket

SHOWN_TICKETS = 20
SHOWN_MESSAGES = 5


class Which(StrEnum):
    """Which tickets a list is of."""

    MINE = "mine"
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    ALL = "all"


_STATUSES = {
    Which.MINE: tuple(Status),
    Which.OPEN: (Status.NEW, Status.OPEN),
    Which.WAITING: (Status.WAITING,),
    Which.RESOLVED: (Status.RESOLVED,),
    Which.ALL: tuple(Status),
}


@dataclass(frozen=True)
class Listed:
    """The newest tickets of a list."""

    which: Which
    reader: Contact
    newest: Some


@dataclass(frozen=True)
class Shown:
    """A ticket as that person may read it. ``result`` is for agents only."""

    ticket: Ticket
    reader: Contact
    said: Sequence[Message]
    result: Result | None


def listed(session: Session, *, installation: Installation, user_id: str, which: Which) -> Listed:
    """Return the newest tickets of that list: of all for agents, of their own for others."""
    reader = contacts.known(session, installation=installation, user_id=user_id)
    newest = lists.newest(
        session,
        workspace_id=installation.workspace_id,
        contact_id=reader.id,
        assigned_too=reader.is_agent,
        only_theirs=which is Which.MINE or not reader.is_agent,
        with_private=rights.sees_private(reader, installation),
        statuses=_STATUSES[which],
        limit=SHOWN_TICKETS,
    )
    return Listed(which, reader, newest)


def shown(session: Session, *, installation: Installation, by: By, number: int) -> Shown:
    """Return the ticket with what was said last in public.

    Raises:
        UnknownTicket: there is none, or it is not for them.
    """
    ticket, reader = rights.for_reader(session, installation=installation, number=number, by=by)
    return Shown(
        ticket=ticket,
        reader=reader,
        said=messages.last_public(session, ticket_id=ticket.id, limit=SHOWN_MESSAGES),
        result=triage.current_result(session, ticket_id=ticket.id) if reader.is_agent else None,
    )
