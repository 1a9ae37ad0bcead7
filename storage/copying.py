"""A desk's rows brought from one database into another, whatever kind each of them is.

One transaction reads, one writes: what breaks off in between leaves the target as it was.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    cast,
    column,
    func,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import OperationalError

from storage.database import Database
from storage.tables import Base

TABLES: Sequence[Table] = Base.metadata.sorted_tables
BATCH = 500
# Where SQLite keeps the highest id that a table with AUTOINCREMENT gave out.
_GIVEN = table("sqlite_sequence", column("name"), column("seq"))
_MODULUS = 1 << 256


class NotCopied(Exception):
    """The copy cannot be made, or is not what it was made of; the text says why."""


class InUse(NotCopied):
    """Something else has the source open, and could write what the copy would lack."""


class NotEmpty(NotCopied):
    """The target holds something."""


@dataclass(frozen=True)
class Contents:
    """What stands in a table: how many rows, and the sum of their hashes.

    The order of rows does not matter: databases sort texts in different ways.
    """

    rows: int = 0
    hashes: int = 0

    def __add__(self, other: "Contents") -> "Contents":
        return Contents(self.rows + other.rows, (self.hashes + other.hashes) % _MODULUS)


Told = Callable[[int], None]
"""Is given the number of rows that were dealt with since it was last told."""


@contextmanager
def reading(source: Database) -> Iterator[Connection]:
    """A transaction that sees one moment of the source, and in which nobody else writes there.

    Raises:
        InUse: somebody does, or on PostgreSQL may.
    """
    with source.engine.connect() as connection:
        if not source.is_sqlite:
            connection.execution_options(isolation_level="REPEATABLE READ")
        with ExitStack() as stack:
            try:
                stack.enter_context(connection.begin())  # on SQLite immediate: that is the lock
                _refuse_company(connection)
            except OperationalError as error:
                raise InUse("it is being written") from error
            yield connection


def _refuse_company(connection: Connection) -> None:
    """On PostgreSQL: let nobody else write from now on, and make sure that nobody would."""
    if connection.dialect.name != "postgresql":
        return
    names = ", ".join(_quoted(connection, each.name) for each in TABLES)
    connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
    )
    if others:
        raise InUse(f"it has {others} other connections open")


@contextmanager
def writing(target: Database) -> Iterator[Connection]:
    """A transaction in which nobody else uses the target, and rows may refer to later ones.

    Raises:
        NotEmpty: there are rows in one of its tables.
    """
    with target.engine.begin() as connection:
        if not target.is_sqlite:
            names = ", ".join(_quoted(connection, each.name) for each in TABLES)
            connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        refuse_rows(connection)
        with _references_checked_at_the_end(connection):
            yield connection


def refuse_rows(connection: Connection) -> None:
    """Make sure that no table holds anything, whosever it is.

    Raises:
        NotEmpty: one does.
    """
    for name in inspect(connection).get_table_names():
        if name == "alembic_version":
            continue
        if connection.scalar(select(literal(1)).select_from(table(name)).limit(1)):
            raise NotEmpty(f"there are rows in its table {name}")


@contextmanager
def _references_checked_at_the_end(connection: Connection) -> Iterator[None]:
    """Let a row be there before one of its own table that it refers to."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))  # until the commit
        yield
        return
    own = [
        f"ALTER TABLE {_quoted(connection, each.name)} "
        f"ALTER CONSTRAINT {_quoted(connection, str(key.name))}"
        for each in TABLES
        for key in each.foreign_key_constraints
        if key.referred_table is each
    ]
    for alter in own:
        connection.execute(text(f"{alter} DEFERRABLE INITIALLY DEFERRED"))
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for alter in own:
        connection.execute(text(f"{alter} NOT DEFERRABLE"))


def count(connection: Connection) -> int:
    """Return how many rows there are in all tables."""
    counts = (select(func.count()).select_from(each) for each in TABLES)
    return sum(connection.scalar(query) or 0 for query in counts)


def copy(source: Connection, target: Connection, told: Told) -> int:
    """Copy every row, read it back and compare; return how many there are.

    Raises:
        NotCopied: what stands in the target is not what stands in the source.
    """
    read = {each.name: _copy_table(source, target, each, told) for each in TABLES}
    for each in TABLES:
        written = _contents(target, each, told)
        if written != read[each.name]:
            was, is_now = read[each.name].rows, written.rows
            raise NotCopied(
                f"the table {each.name} has {is_now} rows instead of {was} there"
                if was != is_now
                else f"rows of the table {each.name} are not the same there"
            )
        _never_again(source, target, each)
    return sum(contents.rows for contents in read.values())


def _copy_table(source: Connection, target: Connection, of: Table, told: Told) -> Contents:
    contents = Contents()
    for rows in _batches(source, of):
        target.execute(of.insert(), [dict(row) for row in rows])
        contents += _sum(rows)
        told(len(rows))
    return contents


def _contents(connection: Connection, of: Table, told: Told) -> Contents:
    contents = Contents()
    for rows in _batches(connection, of):
        contents += _sum(rows)
        told(len(rows))
    return contents


def _batches(connection: Connection, of: Table) -> Iterator[Sequence[RowMapping]]:
    """The rows in the order of their keys, never more of them in memory than a batch."""
    ordered = select(of).order_by(*of.primary_key)
    found = connection.execute(ordered, execution_options={"yield_per": BATCH})
    yield from found.mappings().partitions()


def _sum(rows: Sequence[RowMapping]) -> Contents:
    hashes = (hashlib.sha256(canonical(row)).digest() for row in rows)
    return Contents(len(rows), sum(int.from_bytes(each) for each in hashes) % _MODULUS)


def canonical(row: Mapping[Any, Any]) -> bytes:
    """Return the row as text that is the same on every database."""
    values = {str(name): _plain(value) for name, value in row.items()}
    return json.dumps(values, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    """What JSON can say of it; each kind of value in one way only."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # as JSONB may read what was written as 1e3
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _never_again(source: Connection, target: Connection, of: Table) -> None:
    """Let the target give out no id of the table that the source has given out."""
    id_column = of.autoincrement_column
    if id_column is None:
        return
    last = max(
        _last_given(source, of, id_column.name) or 0,
        target.scalar(select(func.max(id_column))) or 0,
    )
    if not last:
        return
    if target.dialect.name == "postgresql":
        target.execute(select(func.setval(_sequence(of, id_column.name), last)))
    elif of.dialect_options["sqlite"]["autoincrement"]:
        target.execute(_GIVEN.delete().where(_GIVEN.c.name == of.name))
        target.execute(_GIVEN.insert().values(name=of.name, seq=last))


def _last_given(source: Connection, of: Table, id_column: str) -> int | None:
    """Return the highest id that the source remembers to have given out."""
    found: int | None = None
    if source.dialect.name == "postgresql":
        found = source.scalar(select(func.pg_sequence_last_value(_sequence(of, id_column))))
    elif of.dialect_options["sqlite"]["autoincrement"]:
        found = source.scalar(select(_GIVEN.c.seq).where(_GIVEN.c.name == of.name))
    return found


def _sequence(of: Table, id_column: str) -> ColumnElement[Any]:
    return cast(func.pg_get_serial_sequence(of.name, id_column), REGCLASS)


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
