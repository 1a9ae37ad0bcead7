"""The queue: what is still to be done, and what became of each try."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, InWorkspace
from storage.types import Json, string_enum


class JobState(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BatchState(StrEnum):
    """Where a batch stands."""

    RUNNING = "running"
    DONE = "done"


class Batch(InWorkspace, Base):
    """Many tickets triaged together, ``concurrency`` of them at a time.

    ``done`` and ``failed`` count those that the batch is through with. ``asked_by_id`` is the agent
    who asked for it, null where an operator did. ``channel`` and ``message_ts`` are where Slack
    shows how far it is: null where it does not, a person's id until their direct messages are open.
    """

    __tablename__ = "batches"

    concurrency: Mapped[int] = mapped_column(server_default="1")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    channel: Mapped[str | None] = mapped_column(String(32))
    message_ts: Mapped[str | None] = mapped_column(String(32))
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    state: Mapped[BatchState] = mapped_column(
        string_enum(BatchState, "state"), default=BatchState.RUNNING
    )
    finished_at: Mapped[datetime | None]


class BatchItem(Base):
    """A ticket whose turn in a batch has not come. In one batch at most, and gone with its turn."""

    __tablename__ = "batch_items"
    __table_args__ = (Index("ix_batch_items_batch_id_ticket_id", "batch_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))


_OPEN = text("state IN ('pending', 'running')")
_PENDING = text("state = 'pending'")
_RUNNING = text("state = 'running'")


class Job(InWorkspace, Base):
    """Something to do later, inserted by the transaction that needs it.

    ``lane`` is a conversation, in which one job runs at a time in the order of ``lane_seq``.
    ``pace`` names the limit of Slack that the job counts against. ``message_key`` is opaque: it
    marks the message that the job posts, so that a second try can find what the first one did.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        CheckConstraint("(state = 'running') = (lease_token IS NOT NULL)", name="lease"),
        Index(
            "uq_jobs_running_lane",
            "lane",
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        ),
        Index(
            "ix_jobs_due", "priority", "run_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index("ix_jobs_open_lane", "lane", "lane_seq", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_jobs_run_at", "run_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_jobs_pace", "pace", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_jobs_open_batch", "batch_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_jobs_ticket_id", "ticket_id"),
        Index("ix_jobs_finished_at", "finished_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    lane: Mapped[str | None] = mapped_column(String(80))
    lane_seq: Mapped[int] = mapped_column(default=0)
    pace: Mapped[str | None] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    dedupe_key: Mapped[str] = mapped_column(String(255))
    message_key: Mapped[str] = mapped_column(String(32))
    state: Mapped[JobState] = mapped_column(
        string_enum(JobState, "state"), default=JobState.PENDING
    )
    priority: Mapped[int]
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    last_error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobAttempt(Base):
    """One try of one job. ``outcome`` is null while it runs, and stays so if its process died."""

    __tablename__ = "job_attempts"
    __table_args__ = (UniqueConstraint("job_id", "lease_token"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    number: Mapped[int]
    lease_token: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(Text)


class Pace(Base):
    """When the next call against one of Slack's limits may go out, for all processes."""

    __tablename__ = "paces"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_at: Mapped[datetime]
