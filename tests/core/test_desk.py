"""What one process hears of another's work."""

import asyncio

from sqlalchemy import URL

from core.desk import Desk
from core.jobs import Kind
from storage.database import Database
from tests.fixtures.database import PostgresBackend
from tests.fixtures.handlers import Handler
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.working import put, until, working


async def test_a_commit_wakes_other_processes(
    postgres_server: PostgresServer,
) -> None:
    """And the connection that listens comes back after it was cut."""
    url = PostgresBackend(postgres_server).copy()
    listening, working = Desk(Database(url)), Desk(Database(url))
    woken = asyncio.Event()
    listening.on_enqueued(woken.set)
    listening.listen()
    try:
        await _until_woken(working, woken, "first")
        postgres_server.cut(url)
        await _until_woken(working, woken, "second")
    finally:
        listening.close()
        working.close()
        PostgresBackend(postgres_server).drop(url)


async def _until_woken(desk: Desk, woken: asyncio.Event, name: str) -> None:
    """Put jobs into the queue until the other one hears of one: it may still be connecting."""
    woken.clear()
    for number in range(100):
        await put(desk, f"{name} {number}")
        try:
            async with asyncio.timeout(0.3):
                await woken.wait()
        except TimeoutError:
            continue
        return
    raise AssertionError("nobody was woken")


async def test_who_hears_nothing_looks_once_a_second(database_url: URL, desk: Desk) -> None:
    """As on SQLite, and on PostgreSQL while the connection that listens is lost."""
    handler, elsewhere = Handler(), Desk(Database(database_url))
    try:
        async with working(desk, {Kind.CARD: handler.kind()}):
            await put(elsewhere, "a")
            await until(lambda: handler.handled == ["a"], seconds=5)
    finally:
        elsewhere.close()
