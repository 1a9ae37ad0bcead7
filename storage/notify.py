"""PostgreSQL tells the workers of other processes when there is something in the queue."""

import threading
from collections.abc import Callable

from sqlalchemy import URL, text
from sqlalchemy.orm import Session

from storage.database import PATIENCE_WITH_POSTGRESQL

CHANNEL = "ticketloop_jobs"
# How often the thread looks whether it should end, and waits after a lost connection; seconds.
PAUSE = 1.0


def notify(session: Session) -> None:
    """Tell those who listen, when the transaction commits. Nothing on SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"NOTIFY {CHANNEL}"))


class Listener:
    """One connection of its own that waits for notifications and calls ``wake`` for each.

    It runs in a thread. While the database is away it tries again; the worker polls meanwhile.
    """

    def __init__(self, url: URL, wake: Callable[[], object]) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._wake = wake
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End the connection."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        import psycopg

        while not self._ending.is_set():
            try:
                self._listen()
            except psycopg.OperationalError:
                self._ending.wait(PAUSE)

    def _listen(self) -> None:
        import psycopg

        with psycopg.connect(
            self._address, autocommit=True, **PATIENCE_WITH_POSTGRESQL
        ) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._ending.is_set():
                for _ in connection.notifies(timeout=PAUSE):
                    self._wake()
