"""Questions about webhooks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from storage.tables import Ticket, WebhookDelivery, WebhookEndpoint


def active(session: Session, *, workspace_id: int) -> Sequence[WebhookEndpoint]:
    """Return the endpoints to which something may be sent."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.workspace_id == workspace_id, WebhookEndpoint.disabled_at.is_(None))
        .order_by(WebhookEndpoint.id)
    ).all()


def listed(session: Session, *, workspace_id: int) -> Sequence[WebhookEndpoint]:
    """Return every endpoint, the oldest first."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.workspace_id == workspace_id)
        .order_by(WebhookEndpoint.id)
    ).all()


def count(session: Session, *, workspace_id: int) -> int:
    """Return how many endpoints there are."""
    query = select(func.count()).where(WebhookEndpoint.workspace_id == workspace_id)
    return session.scalar(query) or 0


def endpoint(session: Session, *, workspace_id: int, endpoint_id: int) -> WebhookEndpoint | None:
    """Return the endpoint with that number, or None."""
    return session.scalars(
        select(WebhookEndpoint).where(
            WebhookEndpoint.workspace_id == workspace_id, WebhookEndpoint.id == endpoint_id
        )
    ).one_or_none()


def locked(session: Session, *, workspace_id: int, endpoint_id: int) -> WebhookEndpoint | None:
    """Return the endpoint as it is now, for changing, or None."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.workspace_id == workspace_id, WebhookEndpoint.id == endpoint_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def deliveries(
    session: Session, *, endpoint_id: int, limit: int, with_private: bool
) -> Sequence[WebhookDelivery]:
    """Return the endpoint's last tries, the newest first; of private tickets ``with_private``."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if not with_private:
        of_private = exists().where(Ticket.id == WebhookDelivery.ticket_id, Ticket.private)
        query = query.where(~of_private)
    return session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()


def has_taken_any_since(session: Session, *, endpoint_id: int, moment: datetime) -> bool:
    """Whether the endpoint took an event after that moment."""
    taken = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.created_at > moment,
            WebhookDelivery.error.is_(None),
        )
        .limit(1)
    )
    return session.scalar(taken) is not None


def prune(session: Session, *, older_than: datetime, limit: int) -> int:
    """Delete up to ``limit`` tries from before that moment; return how many."""
    old = select(WebhookDelivery.id).where(WebhookDelivery.created_at < older_than).limit(limit)
    pruned = session.execute(
        delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)).returning(WebhookDelivery.id)
    )
    return len(pruned.all())
