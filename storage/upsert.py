"""Insert, unless it is there: the statements that both databases spell differently."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.tables.base import Base

Row = TypeVar("Row", bound=Base)


def _insert(session: Session, table: type[Base]) -> "postgresql.Insert | sqlite.Insert":
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_if_absent(session: Session, table: type[Row], **values: Any) -> Row | None:
    """Insert a row and return it, or return None when one of its unique keys is taken.

    Two transactions that insert the same key at once: the second waits for the first, then finds
    the key taken.
    """
    statement = _insert(session, table).values(**values).on_conflict_do_nothing().returning(table)
    return session.scalars(statement).one_or_none()


def insert_or_update(
    session: Session,
    table: type[Base],
    *,
    key: Sequence[InstrumentedAttribute[Any]],
    values: dict[str, Any],
    only_if: ColumnElement[bool],
) -> bool:
    """Insert the row, or update the one with that key if ``only_if`` holds; say whether either."""
    statement = _insert(session, table).values(**values)
    changed = statement.on_conflict_do_update(
        index_elements=key, set_=values, where=only_if
    ).returning(key[0])
    return session.execute(changed).first() is not None
