"""Tickets and their conversation."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, InWorkspace, utcnow
from storage.tables.people import Contact
from storage.types import Json, string_enum


class Status(StrEnum):
    """Where a ticket stands between requester and agents."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"


class TriageStatus(StrEnum):
    """Where a ticket stands with the model."""

    PENDING = "pending"
    ON_TRIAGE = "on_triage"
    COMPLETED = "completed"
    FAILED = "failed"


class TicketPriority(StrEnum):
    """How soon it matters."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Ticket(InWorkspace, Base):
    """A request. ``id`` is the number people see (``#42``) and is never used again.

    ``channel`` and ``root_ts`` are the thread where the requester is answered; both are null until
    the receipt opened a direct message for a ticket that came without a thread. A thread belongs to
    one ticket at a time: ``is_followed`` says that a later one, which ``follows_id`` links to this,
    took it over. ``opened_by_id`` is who opened it where that is not the requester.
    ``has_own_title`` says that whoever opened it gave it its title, which a triage leaves alone.
    ``version`` counts changes that people can see; ``card_version`` and ``receipt_version`` say
    which of them the messages in Slack show, ``card_hidden`` that the card shows its number only.
    ``lane_seq`` numbers the ticket's jobs in the order of
    their commits, because it is taken while this row is locked.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index(
            "uq_tickets_thread",
            "workspace_id",
            "channel",
            "root_ts",
            unique=True,
            sqlite_where=text("NOT is_followed"),
            postgresql_where=text("NOT is_followed"),
        ),
        UniqueConstraint("workspace_id", "source", "external_id"),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="resolved_when"),
        CheckConstraint("(root_ts IS NULL) OR (channel IS NOT NULL)", name="root_in_channel"),
        # Lists are put together of parts in the order of these: see ``repositories/lists.py``.
        # What stands after the number is there to be read without the ticket itself.
        Index(
            "ix_tickets_status",
            "workspace_id",
            "status",
            "id",
            "private",
            "withdrawn_at",
            "requester_id",
            "assignee_id",
            "created_at",
        ),
        Index(
            "ix_tickets_requester_status",
            "requester_id",
            "status",
            "id",
            "private",
            "withdrawn_at",
        ),
        Index(
            "ix_tickets_assignee_status",
            "assignee_id",
            "status",
            "id",
            "private",
            "withdrawn_at",
            "requester_id",
        ),
        Index(
            "ix_tickets_assignee",
            "assignee_id",
            "id",
            sqlite_where=text("assignee_id IS NOT NULL"),
            postgresql_where=text("assignee_id IS NOT NULL"),
        ),
        Index("ix_tickets_requester_created", "requester_id", "created_at"),
        Index(
            "ix_tickets_requester_resolved",
            "requester_id",
            "resolved_at",
            sqlite_where=text("resolved_at IS NOT NULL"),
            postgresql_where=text("resolved_at IS NOT NULL"),
        ),
        Index("ix_tickets_category", "workspace_id", "category", "id"),
        Index("ix_tickets_priority", "workspace_id", "priority", "id"),
        Index("ix_tickets_source", "workspace_id", "source", "id"),
        Index("ix_tickets_created_at", "workspace_id", "created_at"),
        Index("ix_tickets_opened_by_id_id", "opened_by_id", "id"),
        Index("ix_tickets_card", "workspace_id", "card_channel", "card_ts"),
        Index(
            "ix_tickets_untriaged",
            "workspace_id",
            "id",
            sqlite_where=text("triage_status <> 'completed'"),
            postgresql_where=text("triage_status <> 'completed'"),
        ),
        Index(
            "ix_tickets_outdated_card",
            "workspace_id",
            "id",
            sqlite_where=text("card_version < version"),
            postgresql_where=text("card_version < version"),
        ),
        {"sqlite_autoincrement": True},
    )

    title: Mapped[str] = mapped_column(String(150))
    has_own_title: Mapped[bool] = mapped_column(default=False, server_default=false())
    raw_text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[Status] = mapped_column(string_enum(Status, "status"), default=Status.NEW)
    triage_status: Mapped[TriageStatus] = mapped_column(
        string_enum(TriageStatus, "triage_status"), default=TriageStatus.PENDING
    )
    triage_generation: Mapped[int] = mapped_column(default=0, server_default="0")
    triage_error: Mapped[str | None] = mapped_column(String(500))
    model_was_down: Mapped[bool] = mapped_column(default=False, server_default=false())
    category: Mapped[str | None] = mapped_column(String(40))
    category_set_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    priority: Mapped[TicketPriority] = mapped_column(
        string_enum(TicketPriority, "priority"), default=TicketPriority.NORMAL
    )
    priority_set_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    private: Mapped[bool] = mapped_column(default=False, server_default=false())

    requester_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))

    channel: Mapped[str | None] = mapped_column(String(32))
    root_ts: Mapped[str | None] = mapped_column(String(32))
    receipt_ts: Mapped[str | None] = mapped_column(String(32))
    receipt_version: Mapped[int] = mapped_column(default=0, server_default="0")
    card_channel: Mapped[str | None] = mapped_column(String(32))
    card_ts: Mapped[str | None] = mapped_column(String(32))
    card_version: Mapped[int] = mapped_column(default=0, server_default="0")
    card_hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    lane_seq: Mapped[int] = mapped_column(default=0, server_default="0")

    is_transferred: Mapped[bool] = mapped_column(default=False, server_default=false())
    transferred_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    transferred_to: Mapped[str | None] = mapped_column(String(64))
    transferred_at: Mapped[datetime | None]
    handover_summary: Mapped[str | None] = mapped_column(Text)

    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    is_followed: Mapped[bool] = mapped_column(default=False, server_default=false())

    requester: Mapped[Contact] = relationship(foreign_keys=[requester_id], lazy="raise")
    opened_by: Mapped[Contact | None] = relationship(foreign_keys=[opened_by_id], lazy="raise")
    transferred_by: Mapped[Contact | None] = relationship(
        foreign_keys=[transferred_by_id], lazy="raise"
    )
    assignee: Mapped[Contact | None] = relationship(foreign_keys=[assignee_id], lazy="raise")
    resolved_by: Mapped[Contact | None] = relationship(foreign_keys=[resolved_by_id], lazy="raise")
    withdrawn_by: Mapped[Contact | None] = relationship(
        foreign_keys=[withdrawn_by_id], lazy="raise"
    )


class Role(StrEnum):
    """Who speaks in a conversation."""

    REQUESTER = "requester"
    AGENT = "agent"
    PARTICIPANT = "participant"
    BOT = "bot"


class Visibility(StrEnum):
    """Who may read a message: the requester too, or agents only."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Message(InWorkspace, Base):
    """One message of a ticket's conversation.

    ``is_joined`` says that it was said outside the ticket's thread and joined the ticket all the
    same. ``mirror_ts`` is its copy in the thread of the ticket's card. ``files`` holds
    ``{"id", "name", "mimetype", "size", "permalink"}`` of each file, ``file_copies`` the ids of
    their copies in that thread by the files' ids; ``edits`` the earlier texts with the moment they
    were replaced. A deletion blanks text, files and edits.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel", "ts"),
        CheckConstraint("(channel IS NULL) = (ts IS NULL)", name="place"),
        Index("ix_messages_ticket_id_id", "ticket_id", "id"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    role: Mapped[Role] = mapped_column(string_enum(Role, "role"))
    visibility: Mapped[Visibility] = mapped_column(string_enum(Visibility, "visibility"))
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    file_copies: Mapped[dict[str, str]] = mapped_column(Json, default=dict, server_default="{}")
    ticket_status: Mapped[Status] = mapped_column(string_enum(Status, "ticket_status"))
    channel: Mapped[str | None] = mapped_column(String(32))
    ts: Mapped[str | None] = mapped_column(String(32))
    is_joined: Mapped[bool] = mapped_column(default=False, server_default=false())
    mirror_ts: Mapped[str | None] = mapped_column(String(32))
    edits: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    author: Mapped[Contact | None] = relationship(lazy="raise")
