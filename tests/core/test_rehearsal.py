"""What is rehearsed at the start leaves nothing behind."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.desk import Desk
from core.installation import Installation
from core.rehearsal import rehearse
from storage.database import Database
from storage.tables import Base
from tests.fixtures.people import ask


def rows(session: Session) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
    }


async def test_nothing_is_left_behind(database: Database, installation: Installation) -> None:
    """No row, and no number: the first ticket is #1."""
    desk = Desk(database)
    before = await desk.read(rows)
    await rehearse(desk, installation)
    assert await desk.read(rows) == before
    first = await desk.run(ask, installation=installation)
    desk.close()
    assert first.ticket.id == 1
