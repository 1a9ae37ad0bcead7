"""Pages of long lists are read along an index, whatever narrows them down."""

from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from storage.database import Database
from storage.repositories import listing
from storage.repositories.listing import Filters
from storage.repositories.tickets import for_every_agent
from storage.tables import Status
from storage.url import normalise
from tests.fixtures.database import upgrade
from tests.storage.test_watching import plan_of

INDEXES = (
    (Filters(), "SCAN tickets\n"),  # which is along the primary key
    (Filters(status=Status.RESOLVED), "SCAN tickets\n"),
    (Filters(status=Status.OPEN), "ix_tickets_status "),
    (Filters(assignee_id=3), "ix_tickets_assignee "),
    (Filters(assignee_id=3, status=Status.RESOLVED), "ix_tickets_assignee_status "),
    (Filters(category="network", status=Status.RESOLVED), "ix_tickets_category "),
    (Filters(source="web", status=Status.RESOLVED), "ix_tickets_source "),
)


def test_sqlite_reads_a_page_along_an_index(tmp_path: Path) -> None:
    """PostgreSQL knows how much there is of what, and chooses by that."""
    url = normalise(f"sqlite:///{tmp_path / 'desk.db'}")
    upgrade(url)
    database = Database(url)
    for filters, index in INDEXES:
        with database.reading() as session:
            plan = plan_of(session, database, partial(page, session, filters))
        assert index in plan, (filters, plan)
        assert "TEMP B-TREE" not in plan, (filters, plan)
    database.dispose()


def page(session: Session, filters: Filters) -> listing.Found:
    return listing.tickets(
        session,
        workspace_id=1,
        visible=for_every_agent(),
        filters=filters,
        before=None,
        limit=50,
    )
