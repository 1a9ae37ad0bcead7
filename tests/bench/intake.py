"""How many messages become tickets in a second, each on the disk before it is acknowledged."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bot.sandbox import sample
from bot.sandbox.delivery import Ack, Attempt
from bot.sandbox.records import Json
from bot.sandbox.timing import Timing
from tests.bench import processes, stage
from tests.bench.figures import Figure, ratios, spread
from tests.bench.stage import Side

ROUNDS = 5
WARM_UP = 100
# Messages of a round by how many are under way at once.
SIZES = {1: 150, 64: 400}
MODEL_DELAY = 5


async def measure() -> list[Figure]:
    """Put the same messages on desk and floor in turn.

    The desk has its worker in the same process, as it is installed, and a model of 5 s.
    """
    rates: dict[tuple[str, int], list[float]] = {}
    async with _both() as sides:
        for side in sides:
            await _rate(side, WARM_UP, 64)
        for at_once, size in SIZES.items():
            for _ in range(ROUNDS):
                for side in sides:
                    rate = await _rate(side, size, at_once)
                    rates.setdefault((side.name, at_once), []).append(rate)
    return [
        Figure(
            row="intake",
            measure=f"intake, durable before the acknowledgement, {at_once} at once",
            against="raw SQL behind bare Bolt",
            values=ratios(rates["desk", at_once], rates["floor", at_once]),
            unit="of its rate",
            reach=0.3,
            bound="at least",
            bare=f"{spread(rates['desk', at_once])} a second, "
            f"floor {spread(rates['floor', at_once])}",
        )
        for at_once in SIZES
    ]


@asynccontextmanager
async def _both() -> AsyncIterator[tuple[Side, Side]]:
    people = WARM_UP + ROUNDS * sum(SIZES.values())
    timing = Timing(rate_window=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            processes.model(MODEL_DELAY) as address,
            stage.slack("desk", folder, people=people, timing=timing) as ours,
            stage.slack("floor", folder, people=people, timing=timing) as theirs,
            stage.desk_at_work(ours, folder, OPENAI_BASE_URL=address),
            stage.floor_at_work(theirs),
        ):
            yield ours, theirs


async def _rate(side: Side, count: int, at_once: int) -> float:
    """Have that many people write, and return how many were acknowledged in a second."""
    payloads = await _written(side, count)
    before = side.tickets()
    waiting = iter(payloads)
    transport = side.sandbox.delivery.transport

    async def one_after_another() -> None:
        for payload in waiting:
            ack = await transport.send(Attempt("events_api", payload), 3)
            assert ack.acked, f"{side.name}: {ack.status}"

    started = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    took = time.perf_counter() - started
    assert side.tickets() - before == count, f"{side.name} lost or doubled a ticket"
    return count / took


async def _written(side: Side, count: int) -> list[Json]:
    """Have that many people write, and return what Slack is to tell of it.

    Made before the clock runs, so that Slack's side takes as little of the machine as can be.
    """
    with _kept_back(side) as payloads:
        for number, user in enumerate(side.next_people(count)):
            text = f"Request {number}: the VPN is down since the update, and I cannot work."
            await side.sandbox.people.post(user, sample.HELP, text)
    return payloads


@contextmanager
def _kept_back(side: Side) -> Iterator[list[Json]]:
    payloads: list[Json] = []

    class Keeping:
        async def send(self, attempt: Attempt, timeout: float) -> Ack:  # noqa: ASYNC109
            payloads.append(attempt.payload)
            return Ack("acked", 0)

        def retry_reason(self, ack: Ack) -> str:
            return ""

    delivery = side.sandbox.delivery
    transport, delivery.transport = delivery.transport, Keeping()
    try:
        yield payloads
    finally:
        delivery.transport = transport
