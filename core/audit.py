"""Who did what, from where."""

from enum import StrEnum

from sqlalchemy.orm import Session

from core import webhooks
from core.metrics import count
from storage.repositories import audit
from storage.tables import AuditEvent, Contact, Ticket, utcnow
from storage.upsert import put_if_absent


class Surface(StrEnum):
    """Where a person, or the desk itself, did something."""

    MESSAGE = "message"
    COMMAND = "command"
    FORM = "form"
    SHORTCUT = "shortcut"
    REACTION = "reaction"
    BUTTON = "button"
    EVENT = "event"
    API = "api"
    DESK = "desk"
    TERMINAL = "terminal"


def record(
    session: Session,
    ticket: Ticket,
    action: str,
    *,
    actor: Contact | None,
    surface: Surface,
    **details: int | str | bool | None,
) -> None:
    """Append one event, and have the webhooks told of it. The ticket is locked.

    ``details`` are ids and keys, never what a person wrote.
    """
    now = utcnow()
    event_id, is_heard = audit.append(
        session,
        at=now,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        actor_id=actor.id if actor is not None else None,
        action=action,
        surface=surface,
        details=details,
    )
    count(session, "events", action=action)
    if is_heard:
        reply_id = details.get("reply_id")
        webhooks.tell(
            session,
            ticket,
            action=action,
            event_id=event_id,
            at=now,
            reply_id=int(reply_id) if reply_id is not None else None,
        )


def record_at_large(
    session: Session,
    action: str,
    *,
    workspace_id: int,
    actor: Contact | None,
    surface: Surface,
    **details: int | str | bool | None,
) -> None:
    """Append one event that is about no single ticket. ``details`` are ids and keys."""
    put_if_absent(
        session,
        AuditEvent,
        workspace_id=workspace_id,
        actor_id=actor.id if actor is not None else None,
        action=action,
        surface=surface,
        details=details,
    )


def denial(
    session: Session, actor: Contact, ticket: Ticket | None, *, surface: Surface, tried: str
) -> None:
    """Append that somebody tried what they have no right to."""
    put_if_absent(
        session,
        AuditEvent,
        workspace_id=actor.workspace_id,
        ticket_id=ticket.id if ticket is not None else None,
        actor_id=actor.id,
        action="denied",
        surface=surface,
        details={"tried": tried},
    )
