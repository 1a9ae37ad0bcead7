"""The bridge between the asynchronous shell and the synchronous heart."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import timedelta
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from core.errors import Refusal
from core.group_commit import Writers
from core.jobs import has_enqueued
from core.metrics import Metrics, Noted, noted
from storage.database import Database
from storage.notify import Listener, notify

READERS = 4
CONNECTIONS = 10

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

_IN_NO_HURRY: ContextVar[bool] = ContextVar("in no hurry", default=False)


@contextmanager
def in_no_hurry() -> Iterator[None]:
    """Let nobody hold back, as ``calm`` does, for what is written in here: Slack does not wait."""
    token = _IN_NO_HURRY.set(True)
    try:
        yield
    finally:
        _IN_NO_HURRY.reset(token)


class Desk:
    """Runs services, each as one transaction in a thread of its own, in the caller's context.

    SQLite gets one writing thread, because it has one writer anyway and waiting in a queue is
    cheaper than waiting for a lock; PostgreSQL gets as many threads as connections. ``metrics``
    is what this process counts.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.metrics = Metrics()
        writers = 1 if database.is_sqlite else CONNECTIONS - READERS
        self._writers = Writers(database, threads=writers)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="desk-read")
        self._on_enqueued: list[Callable[[], None]] = []
        self._listener: Listener | None = None
        self._waiting = 0
        self._crowded_since = 0.0
        self._calm = asyncio.Event()
        self._calm.set()
        self._news = asyncio.Event()

    def on_enqueued(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` in the event loop after each commit that put jobs into the queue."""
        self._on_enqueued.append(wake)

    async def run(
        self,
        service: Callable[Concatenate[Session, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Run the service as one transaction and commit it; an error rolls all of it back.

        What a refusal leaves to be written is then written by a transaction of its own.
        """

        def write(session: Session) -> tuple[Answer, bool, Noted]:
            answer = service(session, *args, **kwargs)
            enqueued = has_enqueued(session)
            if enqueued:
                notify(session)
            return answer, enqueued, noted(session)

        is_in_a_hurry = not _IN_NO_HURRY.get()
        if is_in_a_hurry:
            if not self._waiting:
                self._crowded_since = asyncio.get_running_loop().time()
            self._waiting += 1
            self._calm.clear()
        try:
            answer, enqueued, counted = await asyncio.wrap_future(self._writers.submit(write))
        except Refusal as refusal:
            if refusal.afterwards is not None:
                await self.run(refusal.afterwards)
            raise
        finally:
            self._waiting -= is_in_a_hurry
            if not self._waiting:
                self._calm.set()
        if enqueued:
            self._wake_all()
        for metric, amount, labels in counted:
            self.metrics.add(metric, amount, **labels)
        return answer

    def listen(self) -> None:
        """From now on, hear of other processes' jobs too, where the database can tell of them."""
        if not self.database.is_sqlite:
            loop = asyncio.get_running_loop()
            self._listener = Listener(
                self.database.url, lambda: loop.call_soon_threadsafe(self._wake_all)
            )
            self._listener.start()

    async def news(self, patience: timedelta) -> None:
        """Wait until something was put into the queue or came to its end, or ``patience`` is up."""
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._news.wait()
        except TimeoutError:
            pass

    def _wake_all(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        for wake in self._on_enqueued:
            wake()

    async def calm(self, patience: timedelta) -> None:
        """Wait until nobody in a hurry waits to write, or has for ``patience`` without a break.

        Whoever begins something new asks this first, so that a crowd at the door is let in before.
        One that does not end, as many parallel calls of the API make it, is no reason to stand by.
        """
        try:
            async with asyncio.timeout_at(self._crowded_since + patience.total_seconds()):
                await self._calm.wait()
        except TimeoutError:
            pass

    async def read(
        self,
        query: Callable[Concatenate[Session, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Run the query in a transaction that only reads."""
        call = partial(
            copy_context().run, self._read, lambda session: query(session, *args, **kwargs)
        )
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def _read(self, query: Callable[[Session], Answer]) -> Answer:
        with self.database.reading() as session:
            return query(session)

    def close(self) -> None:
        """Wait for what runs, then close every connection."""
        if self._listener is not None:
            self._listener.stop()
        self._writers.close()
        self._readers.shutdown()
        self.database.dispose()
