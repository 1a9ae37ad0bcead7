"""How much memory the desk holds after many tickets, and whether that grows."""

import asyncio
import tempfile
from pathlib import Path

from bot.sandbox import sample
from bot.sandbox.timing import Timing
from tests.bench import processes, stage
from tests.bench.figures import Figure
from tests.bench.stage import Side

TICKETS = 10_000
AT_ONCE = 100
# Slack's pace would have ten thousand cards take three hours.
PACE = 0.001


async def measure() -> list[Figure]:
    """Have ten thousand tickets opened, triaged, receipted and shown, and look at the process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            processes.model(0) as address,
            stage.slack("desk", folder, people=TICKETS, timing=Timing.scaled(PACE)) as side,
            stage.desk_at_work(
                side,
                folder,
                OPENAI_BASE_URL=address,
                MODEL_CONCURRENCY=str(AT_ONCE),
                PACE_SCALE=str(PACE),
                CARD_DELAY="60",  # one card a ticket, with its draft
            ),
        ):
            start = processes.resident_mb(side.pids[0])
            held = []
            for _ in range(TICKETS // AT_ONCE):
                await _crowd(side)
                held.append(processes.resident_mb(side.pids[0]))
    half, end = held[len(held) // 2 - 1], held[-1]
    marks = ", ".join(f"{each:.0f}" for each in held[len(held) // 10 - 1 :: len(held) // 10])
    return [
        Figure(
            row="memory",
            measure=f"resident size after {TICKETS:,} tickets",
            against="the size at the start",
            values=(end,),
            unit="MB",
            reach=150,
            bare=f"{start:.0f} MB at the start; after each {TICKETS // 10:,}: {marks}",
        ),
        Figure(
            row="memory",
            measure=f"growth over the last {TICKETS // 2:,} tickets",
            against="no growth",
            values=(end - half,),
            unit="MB",
            reach=1,
            bare=f"{half:.1f} MB, then {end:.1f} MB",
        ),
    ]


async def _crowd(side: Side) -> None:
    """Have so many people write, and wait until all is done of it."""
    await asyncio.gather(
        *(
            side.sandbox.people.post(user, sample.HELP, f"Request {number}: the VPN is down")
            for number, user in enumerate(side.next_people(AT_ONCE))
        )
    )
    await side.settled()
