"""A ticket with all that is shown of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core import contacts, jobs, rights
from core.caller import By
from core.errors import UnknownTicket
from core.installation import Installation
from core.text import clip
from storage.repositories import messages, tickets, triage
from storage.tables import Message, Reply, Result, Role, Status, Ticket

# How much of an answer is told to somebody whose own came too late, in characters.
SHOWN_ANSWER = 300


def why_not_sendable(ticket: Ticket, result: Result, replies: Sequence[Reply]) -> str | None:
    """Return why the draft of a ticket's current result may not be sent any more, or None.

    ``replies`` has the newest first. One that was taken back answered nobody.
    """
    if ticket.status is Status.RESOLVED:
        return "the ticket was resolved meanwhile"
    if ticket.withdrawn_at is not None:
        return "the ticket was set aside as not a ticket"
    newest = next(
        (each for each in replies if each.result_id == result.id or not each.taken_back_at), None
    )
    if newest is not None and newest.message_id > (result.read_message_id or 0):
        by = contacts.name_of(newest.approved_by)
        return f"{by} answered meanwhile: “{clip(newest.text, SHOWN_ANSWER)}”"
    return None


@dataclass(frozen=True)
class Facts:
    """A ticket with all that its card shows. ``replies`` has the newest first.

    ``said_since`` is what the requester wrote after the opening message, oldest first, and
    ``is_outdated`` whether some of it is newer than the draft. ``conversation`` is all that was
    said in public lately, oldest first, with its authors.
    ``handover_problem`` says why whoever takes it over was not told. ``edited_at`` is when the
    request was edited after the triage had read it, ``is_deleted`` whether the requester deleted
    it.
    """

    ticket: Ticket
    result: Result | None
    replies: Sequence[Reply]
    files: Sequence[dict[str, Any]]
    said_since: Sequence[Message]
    conversation: Sequence[Message] = ()
    is_outdated: bool = False
    handover_problem: str | None = None
    edited_at: datetime | None = None
    is_deleted: bool = False

    @property
    def joined(self) -> Message | None:
        """The last message that joined the ticket, though it was not said in its thread."""
        return next((each for each in reversed(self.said_since) if each.is_joined), None)

    @property
    def draft(self) -> Result | None:
        """The result whose draft may be approved."""
        if self.result is None or why_not_sendable(self.ticket, self.result, self.replies):
            return None
        return self.result


SHOWN_MESSAGES = 50
SHOWN_REPLIES = 3


def of_ticket(session: Session, *, installation: Installation, number: int) -> Facts:
    """Return the ticket as its card shows it.

    Raises:
        UnknownTicket: there is none.
    """
    ticket = tickets.by_number(session, workspace_id=installation.workspace_id, number=number)
    if ticket is None:
        raise UnknownTicket(number)
    opening, said = messages.conversation(session, ticket_id=ticket.id, limit=SHOWN_MESSAGES)
    since = [
        message
        for message in said
        if message.role is Role.REQUESTER and _is_after(message, opening)
    ]
    result = triage.current_result(session, ticket_id=ticket.id)
    return Facts(
        ticket=ticket,
        result=result,
        replies=triage.last_replies(session, ticket_id=ticket.id, limit=SHOWN_REPLIES),
        files=[
            file for message in [*([opening] if opening else []), *said] for file in message.files
        ],
        said_since=since,
        conversation=[
            *([opening] if opening and opening.deleted_at is None else []),
            *(each for each in said if opening is None or each.id != opening.id),
        ],
        is_outdated=result is not None
        and any(message.id > (result.read_message_id or 0) for message in since),
        handover_problem=_handover_problem(session, ticket),
        edited_at=_edited_after(session, opening, result),
        is_deleted=opening is not None and opening.deleted_at is not None,
    )


def for_agent(session: Session, *, installation: Installation, number: int, by: By) -> Facts:
    """Return the ticket as its card shows it to an agent.

    Raises:
        NotAnAgent, UnknownTicket: see there.
    """
    rights.for_agent(session, installation=installation, number=number, by=by)
    return of_ticket(session, installation=installation, number=number)


def _handover_problem(session: Session, ticket: Ticket) -> str | None:
    if not ticket.is_transferred:
        return None
    return jobs.given_up(session, ticket_id=ticket.id, kind=jobs.Kind.HANDED_OVER)


def _is_after(message: Message, opening: Message | None) -> bool:
    """Whether it was said later; a thread's earlier messages may be stored after its ticket."""
    if opening is None or opening.ts is None or message.ts is None:
        return True
    return float(message.ts) > float(opening.ts)


def _edited_after(
    session: Session, opening: Message | None, result: Result | None
) -> datetime | None:
    if opening is None or result is None or opening.edited_at is None:
        return None
    return opening.edited_at if opening.edited_at > read_at(session, result) else None


def read_at(session: Session, result: Result) -> datetime:
    """Return when the conversation was read for the result."""
    if result.model_call_id is None:
        return result.created_at
    return triage.call(session, call_id=result.model_call_id).created_at
