"""Who did what."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, InWorkspace
from storage.tables.people import Contact
from storage.types import Json


class AuditEvent(InWorkspace, Base):
    """Append-only. ``actor_id`` is null for the desk itself; ``details`` hold no personal text."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_ticket_id_id", "ticket_id", "id"),)

    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    action: Mapped[str] = mapped_column(String(40))
    surface: Mapped[str] = mapped_column(String(40))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    actor: Mapped[Contact | None] = relationship(lazy="raise")
