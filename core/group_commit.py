"""Services that wait for the database together are committed together.

What a commit costs is mostly the wait for the disk. A crowd that waits for one writer pays for it
once a group, not once each; and nobody is answered before what they brought is on disk.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from storage.database import Database, is_deadlock

Answer = TypeVar("Answer")

# With more, the first of a group would wait longer for the others than for the disk.
LARGEST_GROUP = 16
# How often in a row one may be the victim of a deadlock before it is told.
DEADLOCKS = 3

log = structlog.get_logger(__name__)


class _Part:
    """A service that waits, in its caller's context, and what came of it."""

    def __init__(self, service: Callable[[Session], Any]) -> None:
        self.done: Future[Any] = Future()
        self._service = service
        self.context: Context = copy_context()
        self._answer: Any = None
        self._error: BaseException | None = None

    def run(self, session: Session) -> None:
        self._answer = self.context.run(self._written, session)

    def _written(self, session: Session) -> Any:
        answer = self._service(session)
        session.flush()  # here, where the log knows what the statements are about
        return answer

    def undone(self, error: BaseException) -> None:
        self._error = error

    def end(self) -> None:
        """Tell who waits; all of the group is on disk, or undone."""
        if self._error is not None:
            self.done.set_exception(self._error)
        else:
            self.done.set_result(self._answer)


class Writers:
    """Threads that write; to a service it is always as if it had a transaction of its own.

    With one thread, which SQLite's one writer gets, those that wait share a commit: an error undoes
    the part of its service alone, a failure of the database is everybody's. With several each has
    its own, because PostgreSQL would keep the locks of a group until its end.
    """

    def __init__(self, database: Database, *, threads: int) -> None:
        self._database = database
        self._largest = LARGEST_GROUP if threads == 1 else 1
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="desk-write")
        self._waiting: SimpleQueue[_Part] = SimpleQueue()
        self._is_closed = False

    def submit(self, service: Callable[[Session], Answer]) -> Future[Answer]:
        """Run the service when its turn comes; the future is done when it is committed."""
        part = _Part(service)
        if self._is_closed:
            raise RuntimeError("the desk is closed")
        self._waiting.put(part)
        self._pool.submit(self._write)
        return part.done

    def close(self) -> None:
        """Wait for what was submitted; take nothing more."""
        self._is_closed = True
        self._pool.shutdown()

    def _write(self) -> None:
        """Write for those who wait now; for whom this was submitted may be done already."""
        group = list(self._next())
        try:
            if len(group) == 1:
                self._alone(group[0])
            elif group:
                self._together(group)
        except BaseException as error:  # noqa: BLE001 - raised where each of them is awaited
            for part in group:
                part.undone(error)
        for part in group:
            part.end()

    def _next(self) -> Iterator[_Part]:
        taken = 0
        while taken < self._largest:
            try:
                part = self._waiting.get_nowait()
            except Empty:
                return
            if part.done.set_running_or_notify_cancel():
                taken += 1
                yield part

    def _alone(self, part: _Part) -> None:
        """Write for that one; again if the database undid it, because others waited in a circle."""
        for _ in range(DEADLOCKS):
            try:
                self._once(part)
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
                part.context.run(log.warning, "a deadlock; what was undone is done again")
            else:
                return
        self._once(part)

    def _once(self, part: _Part) -> None:
        with self._database.writing() as session:
            part.run(session)

    def _together(self, group: Sequence[_Part]) -> None:
        with self._database.writing_together() as begin:
            for part in group:
                try:
                    with begin() as session:
                        part.run(session)
                except OperationalError as error:
                    # Where SQLite undid all, the savepoint is gone too, and its error came second.
                    first = error.__context__
                    raise first if isinstance(first, OperationalError) else error from None
                except Exception as error:  # noqa: BLE001 - raised where it is awaited
                    part.undone(error)
