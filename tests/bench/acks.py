"""How long Slack waits for the acknowledgement when a crowd writes at once."""

import asyncio
import tempfile
from pathlib import Path

from bot.sandbox import sample
from bot.sandbox.timing import Timing
from tests.bench import processes, stage
from tests.bench.figures import Figure, percentile, spread
from tests.bench.stage import Side

ROUNDS = 5
AT_ONCE = 50
MODEL_DELAY = 5
# What the desk does of them afterwards is over soon, so that each crowd meets a desk at rest.
PACE_SCALE = 0.05


async def measure() -> list[Figure]:
    """Have crowd after crowd write, and take the time until each message is acknowledged."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            processes.model(MODEL_DELAY) as address,
            stage.slack(
                "desk", folder, people=ROUNDS * AT_ONCE, timing=Timing.scaled(PACE_SCALE)
            ) as side,
            stage.desk_at_work(
                side,
                folder,
                OPENAI_BASE_URL=address,
                MODEL_CONCURRENCY=str(AT_ONCE),
                PACE_SCALE=str(PACE_SCALE),
            ),
        ):
            crowds = [await _crowd(side) for _ in range(ROUNDS)]
    return [
        Figure(
            row="acks",
            measure=f"acknowledgement, p99, {AT_ONCE} posted at once, model of {MODEL_DELAY} s",
            against="Slack's 3 s",
            values=tuple(percentile(acks, 99) for acks in crowds),
            unit="ms",
            reach=200,
            bare=f"median {spread([percentile(acks, 50) for acks in crowds])} ms",
        )
    ]


async def _crowd(side: Side) -> list[float]:
    outcomes = await asyncio.gather(
        *(
            side.sandbox.people.post(user, sample.HELP, f"Request {number}: the VPN is down")
            for number, user in enumerate(side.next_people(AT_ONCE))
        )
    )
    acks = [outcome.ms for outcome in outcomes if outcome.acked and outcome.ms is not None]
    assert len(acks) == AT_ONCE, "a message was not acknowledged"
    await side.settled()
    return acks
