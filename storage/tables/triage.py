"""What models said, what was sent because of it, and what it cost."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, InWorkspace, utcnow
from storage.tables.people import Contact
from storage.tables.tickets import TicketPriority
from storage.types import string_enum


class Result(InWorkspace, Base):
    """One triage of one ticket; never changed once written. One row a ticket is current.

    ``read_message_id`` is the last message that was read for it: a draft knows nothing of later
    ones.
    """

    __tablename__ = "results"
    __table_args__ = (
        Index(
            "uq_results_current",
            "ticket_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index("ix_results_ticket_id_id", "ticket_id", "id"),
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    model_call_id: Mapped[int | None] = mapped_column(ForeignKey("model_calls.id"))
    read_message_id: Mapped[int | None]
    is_current: Mapped[bool] = mapped_column(default=True)
    title: Mapped[str] = mapped_column(String(150))
    summary: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(40))
    priority: Mapped[TicketPriority] = mapped_column(string_enum(TicketPriority, "priority"))
    language: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float]
    question: Mapped[str | None] = mapped_column(Text)
    reply_draft: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(200))
    prompt_version: Mapped[str] = mapped_column(String(40))


class Delivery(StrEnum):
    """What became of an approved reply.

    It is ready where Slack has no way to the requester: whoever brought the ticket fetches it.
    """

    QUEUED = "queued"
    SENT = "sent"
    READY = "ready"
    FAILED = "failed"


class Reply(InWorkspace, Base):
    """What an agent approved, word for word. ``result_id`` is null when it was written by hand.

    ``form_key`` is the id of the form that it came from, so that a form sent twice is one reply.
    ``is_own_message`` says that the agent wrote it in the requester's thread, without the desk.
    ``detour`` is why it went by direct message instead of into the thread.
    """

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("result_id"),
        UniqueConstraint("workspace_id", "form_key"),
        CheckConstraint("(delivery = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
        Index("ix_replies_ticket_id_id", "ticket_id", "id"),
        Index("ix_replies_message_id", "message_id"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    result_id: Mapped[int | None] = mapped_column(ForeignKey("results.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    form_key: Mapped[str | None] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    approved_at: Mapped[datetime] = mapped_column(default=utcnow)
    delivery: Mapped[Delivery] = mapped_column(
        string_enum(Delivery, "delivery"), default=Delivery.QUEUED
    )
    delivery_generation: Mapped[int] = mapped_column(default=1, server_default="1")
    delivery_error: Mapped[str | None] = mapped_column(String(500))
    sent_at: Mapped[datetime | None]
    is_own_message: Mapped[bool] = mapped_column(default=False, server_default=false())
    detour: Mapped[str | None] = mapped_column(String(500))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))

    approved_by: Mapped[Contact] = relationship(foreign_keys=[approved_by_id], lazy="raise")
    taken_back_by: Mapped[Contact | None] = relationship(
        foreign_keys=[taken_back_by_id], lazy="raise"
    )
    result: Mapped[Result | None] = relationship(lazy="raise")


class ModelCall(InWorkspace, Base):
    """The ledger: one row for each time a model was asked, written before it is asked.

    ``outcome`` is ``started`` until the answer is known; a row that stays so belongs to a call
    whose process died. ``cost`` is in US dollars; counts are in tokens; null means not told.
    """

    __tablename__ = "model_calls"
    __table_args__ = (Index("ix_model_calls_ticket_id_id", "ticket_id", "id"),)

    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    job_id: Mapped[int | None]
    prompt_version_id: Mapped[int | None] = mapped_column(ForeignKey("prompt_versions.id"))
    prompt_version: Mapped[str] = mapped_column(String(40))
    model: Mapped[str] = mapped_column(String(200))
    request_id: Mapped[str | None] = mapped_column(String(255))
    latency_ms: Mapped[int | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    total_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    cost: Mapped[Decimal | None] = mapped_column(Numeric(14, 8))
    answer: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(20), default="started")
    error: Mapped[str | None] = mapped_column(Text)


class PromptVersion(Base):
    """A prompt text as it was published; ``sha256`` is of the whole file."""

    __tablename__ = "prompt_versions"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class PromptActivation(InWorkspace, Base):
    """From ``created_at`` on, this version is live in the workspace. The newest row counts."""

    __tablename__ = "prompt_activations"

    prompt_version_id: Mapped[int] = mapped_column(ForeignKey("prompt_versions.id"))
    activated_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")

    prompt: Mapped[PromptVersion] = relationship(lazy="raise")
