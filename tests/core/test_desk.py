"""What one process hears of another's work, and who holds back for whom."""

import asyncio
import threading
import time
from datetime import timedelta

from sqlalchemy import URL, text
from sqlalchemy.orm import Session

from core.desk import Desk, in_no_hurry
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


async def test_nobody_holds_back_for_what_a_job_writes(desk: Desk) -> None:
    """Only for those for whom Slack waits: jobs write all the time."""
    go_on = threading.Event()

    def slow(_session: Session) -> None:
        go_on.wait(10)

    with in_no_hurry():
        job = asyncio.create_task(desk.run(slow))
    await asyncio.sleep(0)
    began = time.monotonic()
    await desk.calm(timedelta(seconds=5))
    assert time.monotonic() - began < 1
    listener = asyncio.create_task(desk.run(slow))
    await asyncio.sleep(0)
    await desk.calm(timedelta(seconds=0.1))
    assert not listener.done()
    assert time.monotonic() - began >= 0.1
    go_on.set()
    await asyncio.gather(job, listener)
    await desk.calm(timedelta(seconds=5))


async def test_a_crowd_without_an_end_holds_jobs_up_once(desk: Desk) -> None:
    """Not each of them anew."""
    stop = False

    async def call_again_and_again() -> None:
        while not stop:
            await desk.run(lambda session: session.scalar(text("SELECT 1")))

    callers = [asyncio.create_task(call_again_and_again()) for _ in range(8)]
    handler = Handler()
    for number in range(10):
        await put(desk, f"job {number}")
    try:
        async with working(desk, {Kind.CARD: handler.kind()}):
            await until(lambda: len(handler.handled) == 10, seconds=6)
    finally:
        stop = True
        await asyncio.gather(*callers)
