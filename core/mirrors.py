"""Copies of what is said in a requester's thread, in the thread of the ticket's card."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import rights
from core.announce import changed
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from storage.repositories import messages, tickets
from storage.tables import Message, Ticket


@dataclass(frozen=True)
class Mirrored:
    """A message with its author and its ticket, as its copy shows it."""

    message: Message
    ticket: Ticket

    @property
    def is_on_card(self) -> bool:
        """Whether it is what became the ticket, which the card shows itself."""
        ticket, message = self.ticket, self.message
        return message.ts is not None and (message.channel, message.ts) == (
            ticket.channel,
            ticket.root_ts,
        )


def mirror_due(
    session: Session, ticket: Ticket, message: Message, *, stray: tuple[str, str] | None = None
) -> None:
    """Have the message's copy made, or made to say what the message says now.

    ``stray`` is the channel and ts of a copy that stands where it must not.
    """
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.MIRROR,
        dedupe_key=f"mirror:{message.id}:{ticket.id}:{ticket.lane_seq + 1}",
        urgency=Urgency.REPLY,
        ticket=ticket,
        lane=f"mirror:{ticket.id}",
        pace="update" if message.mirror_ts else f"post:{ticket.card_channel}",
        payload={"message_id": message.id, "stray": stray},
    )


def of_message(session: Session, *, installation: Installation, message_id: int) -> Mirrored:
    """Return what a copy shows."""
    message = messages.by_id(session, message_id=message_id)
    ticket = tickets.by_number(
        session, workspace_id=installation.workspace_id, number=message.ticket_id
    )
    if ticket is None:
        raise RuntimeError(f"message {message_id} has no ticket")
    return Mirrored(message, ticket)


def begin_anew(
    session: Session, *, installation: Installation, ticket: Ticket, left_in: str | None
) -> None:
    """Have what was copied into the thread of a card that is gone copied into that of the new one.

    ``left_in`` is the channel where the copies outlived their card. The card of a private ticket
    that stands where people read it who must not gets no copies.
    """
    for message in messages.copied(session, ticket_id=ticket.id):
        stray = (left_in, message.mirror_ts) if left_in and message.mirror_ts else None
        message.mirror_ts = None
        if not installation.hides(ticket):
            mirror_due(session, ticket, message, stray=stray)


def mirrored(session: Session, *, installation: Installation, shown: Mirrored, ts: str) -> None:
    """Note where the copy stands; one that is outdated already is due again.

    Where the ticket became private or got another card at that very moment, or the message another
    ticket, the copy stands where it must not.
    """
    ticket = rights.locked(session, installation=installation, number=shown.ticket.id)
    message = messages.by_id(session, message_id=shown.message.id)
    was_left = ticket.card_ts != shown.ticket.card_ts or message.ticket_id != ticket.id
    if was_left or (ticket.private and not shown.ticket.private):
        message.mirror_ts = None
        mirror_due(session, ticket, message, stray=(shown.ticket.card_channel or "", ts))
        return
    message.mirror_ts = ts
    was, now = shown.message, message
    if (was.text, was.deleted_at) != (now.text, now.deleted_at):
        mirror_due(session, ticket, message)


def not_mirrored(session: Session, *, installation: Installation, number: int) -> None:
    """Have the card looked after, in whose thread nothing can be written."""
    ticket = rights.locked(session, installation=installation, number=number)
    changed(session, ticket, urgency=Urgency.UPDATE)
