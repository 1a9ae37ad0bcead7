"""Questions of those who watch over the desk: cheap ones, however much it has done."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Insert, func, select, text
from sqlalchemy.orm import Session

from storage.repositories.claims import due
from storage.repositories.jobs import OPEN
from storage.tables import Count, Job, Status, Ticket, WebhookEndpoint

UNRESOLVED = (Status.NEW, Status.OPEN, Status.WAITING)


class _AddOrInsert(Insert):
    """Both databases spell it alike; see ``storage.upsert``."""

    inherit_cache = True
    _post_values_clause = text(
        "ON CONFLICT (name, labels) DO UPDATE SET value = counts.value + excluded.value"
    )


_ADD = _AddOrInsert(Count.__table__)  # type: ignore[arg-type]


def add_counts(session: Session, counts: Iterable[tuple[str, str, float]]) -> None:
    """Add to each number of that name and those labels.

    In one order everywhere, so that no two processes wait for each other.
    """
    rows = [
        {"name": name, "labels": labels, "value": value} for name, labels, value in sorted(counts)
    ]
    if rows:
        session.connection().execute(_ADD, rows)


def counts(session: Session) -> Sequence[Count]:
    """Return every number; there are as many as kinds of things that happen."""
    return session.scalars(select(Count).order_by(Count.name, Count.labels)).all()


def oldest_due(session: Session, *, now: datetime) -> datetime | None:
    """Return since when the job is due that could have been begun longest, or None.

    What waits for another job of its lane, or for its pace, is not late.
    """
    return session.scalar(select(Job.run_at).where(due(now)).order_by(Job.run_at).limit(1))


def open_jobs(session: Session) -> Sequence[tuple[str, str, int]]:
    """Return how many jobs of each kind are pending and running."""
    query = (
        select(Job.kind, Job.state, func.count())
        .where(Job.state.in_(OPEN))
        .group_by(Job.kind, Job.state)
    )
    return [(kind, str(state), count) for kind, state, count in session.execute(query)]


def unresolved_tickets(session: Session, *, workspace_id: int) -> dict[str, int]:
    """Return how many tickets have each status that is not resolved."""
    query = (
        select(Ticket.status, func.count())
        .where(Ticket.workspace_id == workspace_id, Ticket.status.in_(UNRESOLVED))
        .group_by(Ticket.status)
    )
    return {str(status): count for status, count in session.execute(query)}


def webhooks(session: Session) -> tuple[int, int]:
    """Return how many webhooks are enabled, and how many disabled."""
    disabled = func.count(WebhookEndpoint.disabled_at)
    total, off = session.execute(select(func.count(WebhookEndpoint.id), disabled)).one()
    return total - off, off
