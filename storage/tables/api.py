"""Who may use the API, and what was answered there."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, InWorkspace, utcnow
from storage.tables.people import Contact
from storage.types import Json


class ApiToken(InWorkspace, Base):
    """A token of the API, of which only the hash is kept.

    Whoever holds it acts as ``contact_id``: a contact of the token's own, or an agent. In the
    minute that began at ``window_at`` it was used, or set aside for use, ``window_used`` times.
    """

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "uq_api_tokens_name",
            "workspace_id",
            "name",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    scopes: Mapped[list[str]] = mapped_column(Json)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    window_at: Mapped[datetime | None]
    window_used: Mapped[int] = mapped_column(default=0, server_default="0")

    contact: Mapped[Contact] = relationship(lazy="raise")


class ApiAnswer(Base):
    """What a request with an idempotency key was answered, written with what it did.

    ``fingerprint`` is of the request, so that another one under the same key is noticed. A request
    that is done in several transactions has an answer for each, numbered by ``part``.
    """

    __tablename__ = "api_answers"
    __table_args__ = (
        UniqueConstraint("token_id", "key", "part"),
        Index("ix_api_answers_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    part: Mapped[int] = mapped_column(default=0, server_default="0")
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    location: Mapped[str | None] = mapped_column(String(255))
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
