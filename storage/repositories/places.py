"""Which ticket a place in Slack belongs to.

Slack waits for the answers. So each statement is built once: that takes as long as to run it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.orm import Session

from storage.tables import Message, Ticket, Visibility

_IN_MESSAGE = select(Message.ticket_id).where(
    Message.workspace_id == bindparam("workspace_id"),
    Message.channel == bindparam("channel"),
    Message.ts == bindparam("ts"),
    Message.visibility == Visibility.PUBLIC,
)
_IN_THREAD = select(Ticket.id).where(
    Ticket.workspace_id == bindparam("workspace_id"),
    Ticket.channel == bindparam("channel"),
    Ticket.root_ts == bindparam("ts"),
    # In the words of the index: SQLite would read all tickets, because ``is_followed = 0``, which
    # SQLAlchemy would write, is not what the index holds the tickets of.
    text("NOT tickets.is_followed"),
)
_OF_THREAD = select(func.coalesce(_IN_THREAD.scalar_subquery(), _IN_MESSAGE.scalar_subquery()))
_THREADS_SINCE = (
    select(Ticket.id)
    .where(
        Ticket.workspace_id == bindparam("workspace_id"),
        Ticket.channel == bindparam("channel"),
        Ticket.root_ts > bindparam("since"),
        text("NOT tickets.is_followed"),
    )
    .limit(bindparam("most"))
)
_ASKED_BETWEEN = (
    select(Ticket.id)
    .join(Message, Message.ticket_id == Ticket.id)
    .where(
        Message.workspace_id == bindparam("workspace_id"),
        Message.author_id == bindparam("requester_id"),
        Message.channel == bindparam("channel"),
        Message.ts.between(bindparam("first_ts"), bindparam("last_ts")),
        Message.is_joined | (Message.ts == Ticket.root_ts),
        Ticket.requester_id == bindparam("requester_id"),
    )
    .order_by(Message.ts.desc())
    .limit(1)
)
_WITH_CARD = select(Ticket).where(
    Ticket.workspace_id == bindparam("workspace_id"),
    Ticket.card_channel == bindparam("channel"),
    Ticket.card_ts == bindparam("ts"),
)


def threads_since(
    session: Session, *, workspace_id: int, channel: str, since: datetime, most: int
) -> int:
    """Return how many threads were begun in the channel since then and became tickets."""
    found = session.connection().execute(
        _THREADS_SINCE,
        {
            "workspace_id": workspace_id,
            "channel": channel,
            "since": f"{since.timestamp():.6f}",
            "most": most,
        },
    )
    return len(found.all())


def of_thread(session: Session, *, workspace_id: int, channel: str, root_ts: str) -> Ticket | None:
    """Return the ticket of the thread now, or of the message that the thread is about."""
    place = {"workspace_id": workspace_id, "channel": channel, "ts": root_ts}
    return _ticket(session, _OF_THREAD, place)


def of_message(session: Session, *, workspace_id: int, channel: str, ts: str) -> Ticket | None:
    """Return the ticket to whose conversation the message belongs, which notes are no part of."""
    place = {"workspace_id": workspace_id, "channel": channel, "ts": ts}
    return _ticket(session, _IN_MESSAGE, place)


def asked_between(
    session: Session,
    *,
    workspace_id: int,
    requester_id: int,
    channel: str,
    first_ts: str,
    last_ts: str,
) -> Ticket | None:
    """Return the ticket of what that person asked last, at top level, in the channel then."""
    asked = {
        "workspace_id": workspace_id,
        "requester_id": requester_id,
        "channel": channel,
        "first_ts": first_ts,
        "last_ts": last_ts,
    }
    return _ticket(session, _ASKED_BETWEEN, asked)


def _ticket(session: Session, number: Select[Any], values: dict[str, Any]) -> Ticket | None:
    """Return the ticket of that number. Mostly there is none, and no more than that is asked."""
    session.flush()
    found = session.connection().execute(number, values).scalar()
    return session.get(Ticket, found) if found is not None else None


def with_card(session: Session, *, workspace_id: int, channel: str, ts: str) -> Ticket | None:
    """Return the ticket whose card stands at that place."""
    place = {"workspace_id": workspace_id, "channel": channel, "ts": ts}
    return session.scalars(_WITH_CARD, place).one_or_none()
