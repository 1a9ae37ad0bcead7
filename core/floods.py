"""How many tickets one person may open in a while."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from core.errors import Refusal
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from storage.repositories import contacts, tickets
from storage.tables import Contact, utcnow

WINDOW = timedelta(minutes=10)


class TooManyTickets(Refusal):
    """Somebody opened so many tickets that agents could not see those of others."""

    def __init__(self, most: int, afterwards: Callable[[Session], None]) -> None:
        self.afterwards = afterwards
        super().__init__(
            f"This was not taken: you opened {most} tickets in the last ten minutes, and no more "
            "are possible in that time. Add it to one of them, in its thread, or send it again in "
            "ten minutes. The agents have been told."
        )


def refuse(session: Session, *, installation: Installation, person: Contact) -> None:
    """Refuse a ticket too many, and have the agents told once. Agents may open any number.

    The person is held, so that of two requests at once the second counts the first.

    Raises:
        TooManyTickets: nothing of the ticket may have been written yet.
    """
    if person.is_agent:
        return
    contacts.hold(session, contact_id=person.id)
    most, now = installation.rules.most_requests, utcnow()
    if tickets.opened_since(session, contact_id=person.id, since=now - WINDOW) >= most:
        slot = int(now.timestamp() // WINDOW.total_seconds())
        raise TooManyTickets(
            most,
            partial(_notice_due, installation=installation, contact_id=person.id, slot=slot),
        )


def _notice_due(
    session: Session, *, installation: Installation, contact_id: int, slot: int
) -> None:
    """Have the agents told, once for a person and a slot of time."""
    enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.FLOOD,
        dedupe_key=f"flood:{contact_id}:{slot}",
        urgency=Urgency.CARD,
        pace=f"post:{installation.triage_channel}",
        payload={"contact_id": contact_id},
    )


def person(session: Session, *, contact_id: int) -> Contact:
    """Return who is stopped."""
    return session.get_one(Contact, contact_id)
