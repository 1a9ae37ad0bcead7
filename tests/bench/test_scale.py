"""What the desk does takes no more of SQLite's work at ten times the tickets.

SQLite counts its own steps: a measure that no other program on the machine can disturb.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.repositories import lists
from storage.url import normalise
from tests.bench.scale import Operation, filled, operations

FEW, MANY = 2_000, 20_000
STEPS = 100
# Trees get deeper.
GROWTH = 1.5


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Database]]:
    folder: Path = tmp_path_factory.mktemp("desks")
    few, many = (normalise(f"sqlite:///{folder}/{name}.db") for name in ("few", "many"))
    with filled(few, FEW) as small, filled(many, MANY) as large:
        yield small, large


def steps(operation: Operation, database: Database) -> int:
    """How many hundreds of steps of SQLite's machine it takes."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with database.writing() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        connection.set_progress_handler(count, STEPS)
        try:
            operation.work(session)
            session.flush()
        finally:
            connection.set_progress_handler(None, 0)
        session.rollback()
    return taken


@pytest.fixture(autouse=True)
def counted_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have even the small desk's lists be longer than is counted."""
    monkeypatch.setattr(lists, "COUNTED", 50)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_nothing_grows_with_the_tickets(
    desks: tuple[Database, Database], operation: Operation
) -> None:
    small, large = (steps(operation, each) for each in desks)
    assert large <= GROWTH * small + 20, (small, large)
