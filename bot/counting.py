"""What each process counts is added up in the database: a worker has no port to be asked at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.desk import Desk
from storage.repositories import watching

log = structlog.get_logger(__name__)

# How late what another process counted may be shown, and how much one that is killed takes along.
EVERY = timedelta(seconds=15)


@asynccontextmanager
async def counted(desk: Desk) -> AsyncIterator[None]:
    """Add what this process counts to the database every few seconds, and at the end."""
    adding = asyncio.create_task(_keep_adding(desk), name="counts")
    try:
        yield
    finally:
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
        await write_counts(desk)


async def _keep_adding(desk: Desk) -> None:
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        await write_counts(desk)


async def write_counts(desk: Desk) -> None:
    """Add what this process counted since the last time; what fails is added the next time."""
    grown = desk.metrics.take()
    if not grown:
        return
    try:
        await desk.run(
            watching.add_counts, counts=[(each.name, each.labels, each.value) for each in grown]
        )
    except SQLAlchemyError as error:
        desk.metrics.give_back(grown)
        log.warning("what was counted is not written yet", error=type(error).__name__)
