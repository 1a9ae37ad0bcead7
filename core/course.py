"""Where the conversation of a ticket goes on."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage.repositories import messages
from storage.tables import Contact, Ticket


@dataclass(frozen=True)
class Course:
    """The thread in which the requester is answered next; both None while there is none yet.

    ``detour`` is why that is not the ticket's own thread, where it is not. ``is_past`` says that
    there is no thread to answer in, though the ticket has one: others would read it there.
    """

    ticket: Ticket
    channel: str | None
    root_ts: str | None
    detour: str | None = None
    is_past: bool = False


def is_in_slack(session: Session, ticket: Ticket) -> bool:
    """Whether Slack has a way to the requester; without one, answers are fetched over the API."""
    if ticket.channel is not None:
        return True
    return session.get_one(Contact, ticket.requester_id).slack_user_id is not None


def course_of(session: Session, ticket: Ticket) -> Course:
    """Return where the requester expects the next answer.

    That is the ticket's thread, where everybody concerned looks. But what a requester wrote below
    an answer that came by direct message is answered there, and not before other people; and so is
    a private ticket, wherever it was asked.
    """
    last = messages.last_of_requester(session, ticket_id=ticket.id)
    if last is None or last.channel in {None, ticket.channel} or not _is_direct(last.channel):
        if ticket.private and ticket.channel is not None and not _is_direct(ticket.channel):
            return Course(ticket, None, None, detour="the ticket is private", is_past=True)
        return Course(ticket, ticket.channel, ticket.root_ts)
    first = messages.first_in_channel(session, ticket_id=ticket.id, channel=last.channel or "")
    return Course(ticket, last.channel, first.ts, detour="the requester wrote there last")


def _is_direct(channel: str | None) -> bool:
    return channel is not None and channel.startswith("D")
