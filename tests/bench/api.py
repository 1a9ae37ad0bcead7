"""How many calls of the API are answered in a second: tickets created, pages of fifty listed."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.sandbox.timing import Timing
from core import tokens
from core.caller import Scope
from tests.bench import processes, stage
from tests.bench.figures import Figure, ratios, spread
from tests.bench.processes import ROOT, START
from tests.fixtures.ports import free_port

ROUNDS = 5
CALLS = {1: 60, 16: 160}
WORDS = {"raw_text": "The VPN is down since the update, and I cannot work."}
CREATED, LISTED = "create", "list"


@dataclass(frozen=True)
class Served:
    """Something that answers at an address."""

    name: str
    session: aiohttp.ClientSession
    address: str

    async def create(self) -> None:
        """Hand a ticket in."""
        async with self.session.post(self.address, json=WORDS) as response:
            await response.read()
            assert response.status == 201, await response.text()

    async def list(self) -> None:
        """Ask for a page."""
        async with self.session.get(self.address, params={"limit": "50"}) as response:
            await response.read()
            assert response.status == 200, await response.text()


async def measure() -> list[Figure]:
    """Make the same calls of desk and floor in turn; the desk's worker is busy meanwhile."""
    rates: dict[tuple[str, str, int], list[float]] = {}
    async with _both() as sides:
        for what in (CREATED, LISTED):
            for at_once, count in CALLS.items():
                for _ in range(ROUNDS + 1):
                    for side in sides:
                        rate = await _rate(getattr(side, what), count, at_once)
                        rates.setdefault((side.name, what, at_once), []).append(rate)
    return [_figure(rates, what, at_once) for what in (CREATED, LISTED) for at_once in CALLS]


def _figure(rates: dict[tuple[str, str, int], list[float]], what: str, at_once: int) -> Figure:
    # The first round is for warming up.
    ours, theirs = (rates[name, what, at_once][1:] for name in ("desk", "floor"))
    return Figure(
        row="api",
        measure=f"API, {what}, {at_once} at once",
        against="bare FastAPI, one INSERT" if what == CREATED else "bare FastAPI, one SELECT",
        values=ratios(ours, theirs),
        unit="of its rate",
        bare=f"{spread(ours)} a second, floor {spread(theirs)}",
    )


@asynccontextmanager
async def _both() -> AsyncIterator[tuple[Served, Served]]:
    timing = Timing(rate_window=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            processes.model(5) as address,
            stage.slack("desk", folder, people=10, timing=timing) as ours,
            stage.slack("floor", folder, people=10, timing=timing) as theirs,
            _desk(ours, folder, address) as desk,
            _floor(theirs) as floor,
        ):
            yield desk, floor


@asynccontextmanager
async def _desk(side: stage.Side, folder: Path, model: str) -> AsyncIterator[Served]:
    with side.database.writing() as session:
        made = tokens.create(
            session, workspace_id=1, name="Web form", scopes=tuple(Scope), expires_at=None
        )
    port = free_port()
    more = {"OPENAI_BASE_URL": model, "API_REQUESTS_PER_MINUTE": "1000000", "PORT": str(port)}
    headers = {"authorization": f"Bearer {made.secret}"}
    async with (
        stage.desk_at_work(side, folder, **more),
        aiohttp.ClientSession(headers=headers) as session,
    ):
        yield Served("desk", session, f"http://127.0.0.1:{port}/api/v1/tickets")


@asynccontextmanager
async def _floor(side: stage.Side) -> AsyncIterator[Served]:
    port = free_port()
    env = os.environ | {
        "DATABASE_PATH": str(side.database.url.database),
        "PORT": str(port),
    }
    async with (
        processes.process("-m", "tests.bench.api_floor", env=env, folder=ROOT),
        aiohttp.ClientSession() as session,
    ):
        address = f"http://127.0.0.1:{port}/tickets"
        async with asyncio.timeout(START):
            await _answers(session, address)
        yield Served("floor", session, address)


async def _answers(session: aiohttp.ClientSession, address: str) -> None:
    while True:
        with suppress(aiohttp.ClientError):
            async with session.get(address):
                return
        await asyncio.sleep(0.05)


async def _rate(call: Callable[[], Awaitable[None]], count: int, at_once: int) -> float:
    """Return how many of these calls are answered in a second."""
    left = iter(range(count))

    async def one_after_another() -> None:
        for _ in left:
            await call()

    started = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return count / (time.perf_counter() - started)
