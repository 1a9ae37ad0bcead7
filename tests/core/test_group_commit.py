"""Those who wait for the database together share a commit, and nothing else."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core.desk import Desk
from storage.database import Database
from storage.tables import Pace, utcnow


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    desk = Desk(database)
    yield desk
    desk.close()


@contextmanager
def busy(desk: Desk) -> Iterator[None]:
    """Keep every writer busy for a while, so that those who come now wait together."""
    free = threading.Event()
    threads = desk._writers._pool._max_workers
    for _ in range(threads):
        desk._writers.submit(lambda _: free.wait(10))
    yield
    free.set()


def put(session: Session, key: str) -> str:
    session.add(Pace(key=key, next_at=utcnow()))
    session.flush()
    return key


def fail(session: Session, key: str) -> str:
    put(session, key)
    raise ValueError(key)


def keys(session: Session) -> set[str]:
    return set(session.scalars(select(Pace.key)))


async def test_each_gets_its_own_answer_or_error(desk: Desk) -> None:
    """An error, the database's own included, undoes what that one wrote."""
    await desk.run(put, "there")
    with busy(desk):
        waiting = [
            asyncio.create_task(desk.run(service, key))
            for service, key in ((put, "a"), (fail, "b"), (put, "there"), (put, "c"))
        ]
        await asyncio.sleep(0)
    a, b, there, c = await asyncio.gather(*waiting, return_exceptions=True)
    assert (a, c) == ("a", "c")
    assert isinstance(b, ValueError)
    assert isinstance(there, IntegrityError)
    assert await desk.read(keys) == {"a", "c", "there"}


async def test_a_crowd_on_sqlite_pays_for_few_commits(desk: Desk) -> None:
    """With its one writer, where the next would wait for the disk of the one before."""
    if not desk.database.is_sqlite:
        pytest.skip("on PostgreSQL nobody waits for the commit of another")
    commits: list[object] = []
    event.listen(desk.database.engine, "commit", commits.append)
    with busy(desk):
        waiting = [asyncio.create_task(desk.run(put, f"key {each}")) for each in range(32)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert len(commits) <= 4
    assert len(await desk.read(keys)) == 32


async def test_a_failure_of_the_database_is_everybodys(desk: Desk) -> None:
    """SQLite undoes all of a transaction for which there is no room, and says it to one."""

    def full(_: Session) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with busy(desk):
        waiting = [
            asyncio.create_task(desk.run(put, "before")),
            asyncio.create_task(desk.run(full)),
        ]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    is_shared = desk.database.is_sqlite
    assert isinstance(outcomes[1], OperationalError)
    assert isinstance(outcomes[0], OperationalError) is is_shared
    assert ("before" in await desk.read(keys)) is not is_shared


@pytest.mark.may_deadlock
async def test_who_is_let_go_in_a_deadlock_tries_again(desk: Desk) -> None:
    """PostgreSQL undoes one of two that wait for each other; nobody is told of it."""
    both = threading.Barrier(2)
    tries: list[str] = []

    def take(session: Session, *names: str) -> None:
        for name in names:
            tries.append(name)
            if name == names[1] and len(tries) <= 4 and not desk.database.is_sqlite:
                both.wait(10)
            session.execute(update(Pace).where(Pace.key == name).values(next_at=utcnow()))

    await asyncio.gather(desk.run(put, "a"), desk.run(put, "b"))
    await asyncio.gather(desk.run(take, "a", "b"), desk.run(take, "b", "a"))
    assert len(tries) == (4 if desk.database.is_sqlite else 6)


async def test_who_gave_up_waiting_is_passed_over(desk: Desk) -> None:
    """A cancelled caller's service does not run."""
    with busy(desk):
        waiting = asyncio.create_task(desk.run(put, "given up"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await desk.run(put, "next")
    assert await desk.read(keys) == {"next"}
