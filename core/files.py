"""Copies of a conversation's files, for agents who cannot open them where they were posted.

A copy stands in the thread of the card. Its id is written before it can be seen by anybody, so a
second try finds the first one's, and a deletion reaches it.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import Transient
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.rights import locked_with
from storage.repositories import messages
from storage.tables import Message, Ticket, Visibility


def copies_due(session: Session, ticket: Ticket, message: Message) -> None:
    """Have the message's files copied, should agents not see them. The ticket is locked."""
    if message.files and message.channel and message.visibility is Visibility.PUBLIC:
        _enqueue(session, ticket, message, Kind.FILES, message_id=message.id)


def copies_gone(session: Session, ticket: Ticket, message: Message) -> None:
    """Have the copies deleted of files that the message no longer has. The ticket is locked."""
    held = {file["id"] for file in message.files}
    gone = [copy for file, copy in message.file_copies.items() if file not in held]
    if gone:
        message.file_copies = {
            file: copy for file, copy in message.file_copies.items() if file in held
        }
        _enqueue(session, ticket, message, Kind.FILES_GONE, copies=gone)


def copies_moved(session: Session, ticket: Ticket) -> None:
    """Take every copy out of the thread of a card that moves, and make it anew where it goes."""
    for message in messages.all_of_ticket(session, ticket_id=ticket.id):
        if message.file_copies:
            copies_anew(session, ticket, message)


def copies_anew(session: Session, ticket: Ticket, message: Message) -> None:
    """Have the message's files copied to where its ticket's card stands, and nowhere else."""
    gone = list(message.file_copies.values())
    message.file_copies = {}
    if gone:
        _enqueue(session, ticket, message, Kind.FILES_GONE, copies=gone)
    copies_due(session, ticket, message)


def _enqueue(
    session: Session, ticket: Ticket, message: Message, kind: Kind, **payload: object
) -> None:
    """One lane a message: its copies are made before they are deleted."""
    enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=kind,
        dedupe_key=f"{kind}:{message.id}:{ticket.id}:{ticket.lane_seq + 1}",
        urgency=Urgency.REPLY,
        ticket=ticket,
        lane=f"files:{message.id}",
        pace=f"post:{ticket.card_channel}" if kind is Kind.FILES else None,
        payload=payload,
    )


def found(
    session: Session,
    *,
    installation: Installation,
    message_id: int,
    file_id: str,
    candidates: Sequence[str],
) -> bool:
    """Note which of these files below the card is the copy, for a backup does not know it.

    Returns False if none of them is: the copies of other files are not.
    """
    message = messages.by_id(session, message_id=message_id)
    ticket = locked_with(session, installation=installation, message=message)
    of_ticket = messages.all_of_ticket(session, ticket_id=ticket.id)
    known = {copy for each in of_ticket for copy in each.file_copies.values()}
    copy_id = next((each for each in candidates if each not in known), None)
    if copy_id is None or file_id not in {file["id"] for file in message.files}:
        return False
    message.file_copies = {**message.file_copies, file_id: copy_id}
    return True


def begun(
    session: Session,
    *,
    installation: Installation,
    message_id: int,
    file_id: str,
    copy_id: str,
    card_ts: str,
) -> bool:
    """Note a copy that is about to appear below that card.

    Returns False if it must not: the file is gone meanwhile, or the card hides its ticket.

    Raises:
        Transient: the card is being moved, or was posted anew.
    """
    message = messages.by_id(session, message_id=message_id)
    ticket = locked_with(session, installation=installation, message=message)
    if file_id not in {file["id"] for file in message.files}:
        return False
    if installation.hides(ticket):
        return False
    if installation.must_move(ticket) or ticket.card_ts != card_ts:
        raise Transient("the card, in whose thread it belongs, is being moved", retry_after=0.5)
    message.file_copies = {**message.file_copies, file_id: copy_id}
    return True
