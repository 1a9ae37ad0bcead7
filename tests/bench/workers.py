"""What a second worker is worth, on PostgreSQL."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import func, select

from bot.sandbox import sample
from bot.sandbox.timing import Timing
from storage.tables import JobAttempt
from tests.bench import processes, stage
from tests.bench.figures import Figure, ratios, spread
from tests.bench.stage import Side
from tests.fixtures.postgres import running_postgres

TICKETS = 150
ROUNDS = 2
PACE = 0.001


async def measure() -> list[Figure]:
    """Measure with a model that answers at once, and with one that takes its time."""
    return [
        await _figure(0, "all work and no waiting"),
        await _figure(1, "8 at once each, as it is installed"),
    ]


async def _figure(delay: float, how: str) -> Figure:
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for workers, found in rates.items():
            async with _piled_up(delay) as (side, folder, address):
                found.append(await _rate(side, folder, address, workers))
    return Figure(
        row="workers",
        measure=f"two workers on PostgreSQL, model of {delay:g} s ({how})",
        against="one",
        values=ratios(rates[2], rates[1]),
        unit="times the jobs a second",
        bare=f"{spread(rates[2])} jobs a second, one {spread(rates[1])}",
    )


@asynccontextmanager
async def _piled_up(delay: float) -> AsyncIterator[tuple[Side, Path, str]]:
    """A desk that took tickets in while it had no worker."""
    with tempfile.TemporaryDirectory() as name, running_postgres() as server:
        folder = Path(name)
        async with (
            processes.model(delay) as address,
            stage.slack(
                "desk",
                folder,
                people=TICKETS,
                timing=Timing.scaled(PACE),
                url=server.create(),
            ) as side,
        ):
            # It puts the receipts of a rush off, by as much as the pace says.
            async with stage.desk_at_work(side, folder, role="web", PACE_SCALE=str(PACE)):
                await asyncio.gather(
                    *(
                        side.sandbox.people.post(user, sample.HELP, "The VPN is down")
                        for user in side.next_people(TICKETS)
                    )
                )
            yield side, folder, address


async def _rate(side: Side, folder: Path, address: str, workers: int) -> float:
    """Return how many jobs they did in a second, from the first one on."""
    async with AsyncExitStack() as stack:
        for _ in range(workers):
            work = stage.desk_at_work(
                side,
                folder,
                role="worker",
                OPENAI_BASE_URL=address,
                PACE_SCALE=str(PACE),
            )
            await stack.enter_async_context(work)
        await side.settled()
    with side.database.reading() as session:
        first, last, count = session.execute(
            select(
                func.min(JobAttempt.started_at), func.max(JobAttempt.ended_at), func.count()
            ).where(JobAttempt.outcome == "done")
        ).one()
    return float(count / (last - first).total_seconds())
