"""What is open, on one page for the agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from core.installation import Installation
from storage.repositories import backlog, lists
from storage.repositories.backlog import Counts
from storage.tables import Ticket, utcnow

OLD = timedelta(days=3)
OLDEST_SHOWN = 10


@dataclass(frozen=True)
class Digest:
    """The tickets that are not resolved, in numbers, and the oldest of them."""

    counts: Counts
    oldest: Sequence[Ticket]


def of_today(session: Session, *, installation: Installation) -> Digest | None:
    """Return the digest as it is now, or None where there is nothing to say.

    Private tickets are not in it, not even in its numbers.
    """
    counts = backlog.counts(
        session, workspace_id=installation.workspace_id, opened_before=utcnow() - OLD
    )
    if not counts.open:
        return None
    oldest = lists.oldest(session, workspace_id=installation.workspace_id, limit=OLDEST_SHOWN)
    return Digest(counts, oldest)
