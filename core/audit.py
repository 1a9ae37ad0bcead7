"""Who did what, from where."""

from enum import StrEnum

from sqlalchemy.orm import Session

from storage.tables import AuditEvent, Contact, Ticket
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
    """Append one event. ``details`` are ids and keys, never what a person wrote."""
    put_if_absent(
        session,
        AuditEvent,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        actor_id=actor.id if actor is not None else None,
        action=action,
        surface=surface,
        details=details,
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
