"""The engine, and whole transactions on it. Each database is told what it needs to be safe."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from storage.url import create_file

# Slack waits 3 s for an acknowledgement: a writer that cannot have the database gives up before.
BUSY_TIMEOUT_MS = 2_500
# How long we wait for a PostgreSQL that is out of reach and does not say so: 3 s for a connection,
# and a minute for any sign of life on one, where the system's own patience is two hours.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES
PATIENCE_WITH_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

# By itself each statement sees what was committed before it: a card could show the draft of a
# triage of which its ticket says that it is under way.
# https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ
ONE_MOMENT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


# https://www.postgresql.org/docs/current/errcodes-appendix.html
DEADLOCK = "40P01"


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL undid the transaction, because several waited for each other in a circle.

    What it did may simply be done again: the others go on meanwhile.
    """
    return getattr(error.orig, "sqlstate", None) == DEADLOCK


class Database:
    """One database, and whole transactions on it.

    ``connections`` bounds the pool; callers use no more threads than that.
    """

    def __init__(self, url: URL, *, echo: bool = False, connections: int = 10) -> None:
        create_file(url)
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _engine(url, echo=echo, connections=connections)
        self._reader = self.engine.execution_options(
            writes=False, **({} if self.is_sqlite else ONE_MOMENT)
        )

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back by an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing_together(self) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
        """One transaction for several writers, who write one after the other.

        Yields what begins the next one's part. An error undoes that part alone; one that leaves the
        block undoes all. SQLite itself undoes all where it has no more room, so an
        ``OperationalError`` of a part must leave the block.
        """
        with self.engine.begin() as connection:

            @contextmanager
            def part() -> Iterator[Session]:
                with (
                    Session(
                        connection,
                        expire_on_commit=False,
                        join_transaction_mode="create_savepoint",
                    ) as session,
                    session.begin(),
                ):
                    yield session

            yield part

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, all of it as of one moment; it waits for no writer."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _engine(url: URL, *, echo: bool, connections: int) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            echo=echo,
            pool_size=connections,
            max_overflow=0,
            pool_use_lifo=True,  # the one used last has the statements and the pages at hand
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        echo=echo,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # what people wrote must not reach logs by way of an error
        pool_pre_ping=True,  # a server that was restarted leaves dead connections behind
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        connect_args={
            **PATIENCE_WITH_POSTGRESQL,
            "options": f"-c lock_timeout={BUSY_TIMEOUT_MS}",
        },
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is deferred, and a deferred transaction that comes to write ends in
    # "database is locked" instead of waiting: https://www.sqlite.org/lang_transaction.html
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")  # readers do not wait for the writer
    cursor.execute("PRAGMA synchronous = FULL")  # committed means on disk, power cut included
    cursor.execute("PRAGMA foreign_keys = ON")  # off by default
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
