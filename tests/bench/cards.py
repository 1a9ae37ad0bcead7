"""How long after a message its card shows the draft, beyond what the model thinks."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.sandbox import sample
from bot.sandbox.records import Change
from bot.sandbox.timing import Timing
from tests.bench import processes, stage
from tests.bench.figures import Figure, percentile, ratios, spread
from tests.bench.stage import Side
from tests.e2e.story import wording

MODEL_DELAY = 0.5
PATIENCE = 120
CROWD = 50
ALONE = 15
ROUNDS = 3
# Slack's pace is a post a second: beside that a crowd's work is nothing. So it is quickened, too.
QUICK = 0.05


async def measure() -> list[Figure]:
    """Measure messages one by one and a crowd, in turn with the floor; then one at Slack's pace."""
    alone: dict[str, list[float]] = {}
    crowd: dict[str, list[float]] = {}
    async with _both(QUICK, 2 * CROWD + ROUNDS * (ALONE + CROWD)) as sides:
        for side in sides:
            await _late(side, CROWD)
        for _ in range(ROUNDS):
            for side in sides:
                singles = [(await _late(side, 1))[0] for _ in range(ALONE)]
                alone.setdefault(side.name, []).append(percentile(singles, 95))
        for _ in range(ROUNDS):
            for side in sides:
                crowd.setdefault(side.name, []).append(percentile(await _late(side, CROWD), 95))
    async with _both(1, CROWD) as sides:
        # Both wait nearly all of the time, and so they may do it together.
        late = await asyncio.gather(*(_late(side, CROWD) for side in sides))
    paced = {side.name: [percentile(each, 95)] for side, each in zip(sides, late, strict=True)}
    return [
        _figure("1 at once", alone),
        _figure(f"{CROWD} at once, {1 / QUICK:g} posts a second", crowd),
        _figure(f"{CROWD} at once, a post a second as Slack asks", paced),
    ]


def _figure(what: str, late: dict[str, list[float]]) -> Figure:
    ours, theirs = ([1_000 * each for each in late[name]] for name in ("desk", "floor"))
    return Figure(
        row="cards",
        measure=f"message to card beyond the model's time, p95, {what}",
        against="one model call and two Slack calls",
        values=ratios(ours, theirs),
        unit="times",
        reach=1.3,
        bare=f"{spread(ours)} ms, floor {spread(theirs)} ms",
    )


@asynccontextmanager
async def _both(pace: float, people: int) -> AsyncIterator[tuple[Side, Side]]:
    # The limit of posts a minute is no part of the pace: both would be past it when quickened. And
    # on the way posts come nearer to each other by milliseconds, which is much of a short interval.
    scaled = Timing.scaled(pace)
    timing = replace(scaled, rate_window=1, post_interval=0.8 * scaled.post_interval)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            processes.model(MODEL_DELAY) as address,
            stage.slack("desk", folder, people=people, timing=timing, new_faces=False) as ours,
            stage.slack("floor", folder, people=people, timing=timing, new_faces=False) as theirs,
            stage.desk_at_work(
                ours,
                folder,
                OPENAI_BASE_URL=address,
                MODEL_CONCURRENCY=str(CROWD),
                PACE_SCALE=str(pace),
            ),
            stage.floor_at_work(theirs, OPENAI_BASE_URL=address, PACE=str(pace)),
        ):
            yield ours, theirs


async def _late(side: Side, count: int) -> list[float]:
    """Have so many people write at once; return when each card showed a draft, in s.

    Counted from the moment when all wrote, less what the model thought.
    """
    appeared: list[float] = []
    seen: set[str] = set()

    def watch(change: Change) -> None:
        message = change.message
        if message is None or message.channel != sample.TRIAGE or message.ts in seen:
            return
        if "Reply draft" in wording(message):
            seen.add(message.ts)
            appeared.append(time.perf_counter() - started - MODEL_DELAY)

    with side.sandbox.workspace.changes.observed_by(watch):
        started = time.perf_counter()
        await asyncio.gather(
            *(
                side.sandbox.people.post(user, sample.HELP, f"Request {number}: the VPN is down")
                for number, user in enumerate(side.next_people(count))
            )
        )
        await side.sandbox.until(lambda: len(appeared) >= count, PATIENCE)
    if side.name == "desk":
        await side.settled()
    assert not side.sandbox.traffic.rate_limited, f"{side.name} was refused by Slack"
    return appeared
