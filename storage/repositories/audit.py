"""What is appended to the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert
from sqlalchemy.orm import Session

from storage.tables import AuditEvent, WebhookEndpoint

_APPEND = insert(AuditEvent.__table__).returning(  # type: ignore[arg-type]
    AuditEvent.__table__.c.id, exists().where(WebhookEndpoint.disabled_at.is_(None))
)


def append(session: Session, *, at: datetime, **values: Any) -> tuple[int, bool]:
    """Append an event; return its id, and whether any webhook is there to be told of events.

    The same statement says both: while there is no webhook, nobody pays for the question.
    """
    event_id, is_heard = session.connection().execute(_APPEND, {"created_at": at, **values}).one()
    return event_id, bool(is_heard)
