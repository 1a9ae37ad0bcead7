"""Who is told of events over HTTP, and what became of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, InWorkspace
from storage.types import Json


class WebhookEndpoint(InWorkspace, Base):
    """An address that is told of chosen events; of private tickets only if it is ``private``.

    ``secret`` signs what is sent there, and is kept as it is, because signing needs it (ADR 17).
    ``disabled_at`` and ``disabled_reason`` say since when and why nothing is sent any more.
    """

    __tablename__ = "webhook_endpoints"
    # A job that still waits must never be sent to another endpoint that got the number.
    __table_args__ = ({"sqlite_autoincrement": True},)

    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]] = mapped_column(Json)
    private: Mapped[bool] = mapped_column(default=False, server_default=false())
    secret: Mapped[str] = mapped_column(String(80))
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(500))


class WebhookDelivery(InWorkspace, Base):
    """One try to tell an endpoint of one event, kept for 30 days.

    ``message_id`` is the id that the receiver gets, the same for every try. ``status`` is null
    where no answer came; ``error`` is null where the endpoint took it.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(40))
    attempt: Mapped[int]
    status: Mapped[int | None]
    duration_ms: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(500))

    endpoint: Mapped[WebhookEndpoint] = relationship(lazy="raise")
