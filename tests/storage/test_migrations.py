"""The migrations, on a desk that is in use."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, inspect, text
from sqlalchemy import Enum as EnumType
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.sqltypes import JSON, Boolean, Float, Integer, Numeric, String

from storage import schema
from storage.database import Database
from storage.tables import Base
from storage.types import UtcDateTime
from storage.url import normalise
from tests.fixtures.database import alembic_config, downgrade, upgrade

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

# Where the first of its kind would break a constraint.
FITTING: dict[str, dict[str, Any]] = {
    "tickets": {"status": "resolved", "merged_into_id": None},
    "jobs": {"state": "running"},
    "replies": {"delivery": "sent"},
    "results": {"confidence": 0.75},
}


def sample(column: Any) -> Any:
    """Something that fits into the column."""
    values: dict[type, Any] = {
        UtcDateTime: NOW,
        Boolean: True,
        Float: 0.5,
        Numeric: Decimal("0.01250000"),
        Integer: 1,
        JSON: {"ü": ["\N{SNOWMAN}", 1]},
    }
    if column.foreign_keys or (column.primary_key and isinstance(column.type, Integer)):
        return 1
    if isinstance(column.type, EnumType):
        return column.type.python_type(column.type.enums[0])
    for kind, value in values.items():
        if isinstance(column.type, kind):
            return value
    assert isinstance(column.type, String)
    return f"{column.name} ü'\"%"[: column.type.length]


def populate(database: Database) -> None:
    """Fill every column of every table."""
    with database.writing() as session:
        for table in Base.metadata.sorted_tables:
            values = {column.name: sample(column) for column in table.columns}
            for name, value in FITTING.get(table.name, {}).items():
                column = table.c[name]
                is_enum = isinstance(column.type, EnumType)
                values[name] = column.type.python_type(value) if is_enum else value
            session.execute(table.insert().values(values))


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in Base.metadata.sorted_tables
        }


@pytest.fixture
def populated(empty_url: URL) -> URL:
    upgrade(empty_url)
    database = Database(empty_url)
    populate(database)
    database.dispose()
    return empty_url


def engine_of(url: URL) -> Engine:
    return create_engine(url, poolclass=NullPool)


def tables_of(url: URL) -> set[str]:
    return set(inspect(engine_of(url)).get_table_names()) - {"alembic_version"}


def test_down_and_up_again_on_a_desk_in_use(populated: URL) -> None:
    assert all(contents(engine_of(populated)).values()), "a table is empty"
    downgrade(populated)
    assert tables_of(populated) == set()
    upgrade(populated)
    assert tables_of(populated) == set(Base.metadata.tables)
    assert not any(contents(engine_of(populated)).values())


def test_each_step_down_and_up_on_a_desk_in_use(populated: URL) -> None:
    """Down to the first tables: the rows of all that is left stay, so each way up meets some."""
    config = alembic_config(populated)
    for _ in list(ScriptDirectory.from_config(config).walk_revisions())[:-1]:
        downgrade(populated, "-1")
        upgrade(populated, "+1")
        downgrade(populated, "-1")
    upgrade(populated)
    command.check(config)
    found = contents(engine_of(populated))
    assert all(found[name] for name in ("tickets", "messages", "jobs", "contacts"))


def test_upgrading_what_is_up_to_date_changes_nothing(populated: URL) -> None:
    before = contents(engine_of(populated))
    upgrade(populated)
    assert contents(engine_of(populated)) == before


def test_the_tables_are_what_the_migrations_make(empty_url: URL) -> None:
    upgrade(empty_url)
    command.check(alembic_config(empty_url))
    with engine_of(empty_url).connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_in_the_database_has_its_name(empty_url: URL) -> None:
    upgrade(empty_url)
    found = inspect(engine_of(empty_url))
    for table in Base.metadata.sorted_tables:
        declared = {str(each.name) for each in table.constraints}
        names = {
            each["name"]
            for each in (
                *found.get_check_constraints(table.name),
                *found.get_unique_constraints(table.name),
                *found.get_foreign_keys(table.name),
                found.get_pk_constraint(table.name),
            )
        }
        if table.dialect_options["sqlite"]["autoincrement"] and None in names:
            names ^= {None, str(table.primary_key.name)}  # SQLite gives that key no name
        assert names == declared


def test_sqlite_never_gives_a_number_twice(empty_url: URL) -> None:
    if empty_url.get_backend_name() != "sqlite":
        pytest.skip("sequences of PostgreSQL only go up")
    upgrade(empty_url)
    with engine_of(empty_url).connect() as connection:
        definition = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'tickets'"))
    assert "AUTOINCREMENT" in definition


def test_rows_that_refer_to_nothing_stop_a_migration(populated: URL) -> None:
    """SQLite does not look while it alters tables, so the migration looks at its end."""
    if populated.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL never stops looking")
    engine = engine_of(populated)
    with engine.begin() as connection:  # foreign keys are off unless asked for
        connection.execute(text("UPDATE messages SET ticket_id = 99"))
    with pytest.raises(RuntimeError, match="refer to nothing"):
        upgrade(populated)


def test_what_a_desk_in_use_holds_is_read_as_it_was_written(populated: URL) -> None:
    for table, rows in contents(engine_of(populated)).items():
        written = {c.name: sample(c) for c in Base.metadata.tables[table].columns}
        written |= FITTING.get(table, {})
        assert rows == [tuple(written.values())]


def test_a_number_that_was_given_away_stays_so(empty_url: URL) -> None:
    """Through every migration, though SQLite copies a table to alter it."""
    if empty_url.get_backend_name() != "sqlite":
        pytest.skip("sequences of PostgreSQL are not touched by altering a table")
    command.upgrade(alembic_config(empty_url), "0001")
    with engine_of(empty_url).begin() as connection:
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', 7)"))
    upgrade(empty_url)
    with engine_of(empty_url).connect() as connection:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = 'tickets'")
        assert connection.scalars(query).all() == [7]


def test_the_names_of_the_files_say_what_the_migrations_are() -> None:
    """Whether a desk is up to date is asked without Alembic, which takes memory."""
    script = ScriptDirectory.from_config(alembic_config(normalise("sqlite:///unused.db")))
    chain = [each.revision for each in script.walk_revisions()]
    assert list(schema.revisions()) == chain[::-1]
