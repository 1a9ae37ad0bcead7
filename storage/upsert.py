"""Insert rows, unless they are there."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Insert, Select, inspect, text
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.sql.dml import ReturningInsert

from storage.tables.base import Base

Row = TypeVar("Row", bound=Base)


class _InsertIfAbsent(Insert):
    """Both databases spell it alike.

    The dialects' own ``on_conflict_do_nothing`` is compiled anew each time (1 to 2 ms in SQLAlchemy
    2.0), because their inserts have no cache key; this one is compiled once.
    """

    inherit_cache = True
    _post_values_clause = text("ON CONFLICT DO NOTHING")


def insert_if_absent(session: Session, table: type[Row], **values: Any) -> Row | None:
    """Insert a row and return it, or return None when one of its unique keys is taken.

    Two transactions that insert the same key at once: the second waits for the first, then finds
    the key taken. All but its primary key is known here, so the object is made here, too: to read
    the row back takes three times as long.
    """
    session.flush()
    values = {name: make() for name, make in _defaults(table).items()} | values
    key = session.connection().execute(_bare_statement(table), values).mappings().one_or_none()
    if key is None:
        return None
    made = table(**dict.fromkeys(_names(table)) | values | dict(key))
    make_transient_to_detached(made)
    undone = session.identity_map.get(session.identity_key(table, tuple(key.values())))
    if undone is not None:  # SQLite gives the number of a row anew whose savepoint was rolled back
        session.expunge(undone)
    session.add(made)
    return made


@cache
def _names(table: type[Base]) -> tuple[str, ...]:
    return tuple(inspect(table).column_attrs.keys())


@cache
def _defaults(table: type[Base]) -> Mapping[str, Callable[[], Any]]:
    """Return what makes the default of each column that has one."""
    return {
        column.key: _maker(column.default)
        for column in table.__table__.columns
        if column.default is not None
    }


def _maker(default: Any) -> Callable[[], Any]:
    return lambda: default.arg(None) if default.is_callable else default.arg


def put_if_absent(session: Session, table: type[Base], **values: Any) -> bool:
    """Do the same, but say only whether the row was inserted.

    Nothing that waits in the session is written before.
    """
    return session.connection().execute(_bare_statement(table), values).first() is not None


def put_each_if_absent(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert many rows at once, but for those one of whose unique keys is taken."""
    if rows:
        session.connection().execute(_bare_insert(table), rows)


def put_selected_if_absent(
    session: Session, table: type[Base], columns: Sequence[str], query: Select[Any]
) -> int:
    """Insert what the query finds, but for what is there; return how many rows that were."""
    statement = _InsertIfAbsent(table.__table__).from_select(columns, query)  # type: ignore[arg-type]
    # The driver's count is dropped for an INSERT unless it is asked for.
    counted = statement.execution_options(preserve_rowcount=True)
    return session.connection().execute(counted).rowcount


@cache
def _bare_insert(table: type[Base]) -> _InsertIfAbsent:
    return _InsertIfAbsent(table.__table__)  # type: ignore[arg-type]


@cache
def _bare_statement(table: type[Base]) -> ReturningInsert[Any]:
    bare = table.__table__
    return _InsertIfAbsent(bare).returning(*bare.primary_key)  # type: ignore[arg-type]
