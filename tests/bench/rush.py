"""Eighty people report one outage within a minute, and an agent answers somebody else.

Slack's limits and the desk's pace are the real ones; the model thinks two seconds. Measured from
Slack's side: when an answer to an unrelated ticket of the same channel stands in its thread, and
when each person was first told that the desk has it, by a receipt or by an emoji.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.sandbox import sample
from bot.sandbox.records import Message
from bot.sandbox.timing import Timing
from tests.bench import processes, stage
from tests.bench.figures import Figure
from tests.bench.stage import Side
from tests.e2e.story import wording

PEOPLE = 80
WITHIN = 60.0
THINKS = 2.0
ANSWERED_AFTER = (20.0, 35.0, 50.0)
PATIENCE = 90.0


async def measure() -> Sequence[Figure]:
    """Post and answer for a minute, then wait until everybody has been told."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            processes.model(THINKS) as address,
            stage.desk(
                Path(folder), PEOPLE + 10, Timing(), OPENAI_BASE_URL=address, GROUP_WINDOW="0"
            ) as desk,
        ):
            cards = [await _asked(desk, number) for number in range(len(ANSWERED_AFTER))]
            asked: dict[str, float] = {}
            answering = [
                asyncio.create_task(_answered(desk, card, after))
                for card, after in zip(cards, ANSWERED_AFTER, strict=True)
            ]
            told = asyncio.create_task(_told(desk, asked))
            await _outage(desk, asked)
            answers = [await each for each in answering]
            waits = await told
            refused = len(desk.sandbox.traffic.rate_limited)
    return [
        Figure(
            row="rush",
            measure=f"an unrelated answer while {PEOPLE} report an outage in {WITHIN:g} s",
            against="two seconds",
            values=tuple(answers),
            unit="s",
            bare=f"{refused} answers 429",
            reach=2,
        ),
        Figure(
            row="rush",
            measure="until a person is told that we have it, by receipt or emoji",
            against="the receipt's pace alone: up to a minute and a half",
            values=tuple(sorted(waits)),
            unit="s",
            bare=f"95 of 100 within {sorted(waits)[int(0.95 * len(waits))]:.1f} s",
        ),
    ]


async def _asked(desk: Side, number: int) -> Message:
    """Have Ana ask something else; return the card."""
    people, workspace = desk.sandbox.people, desk.sandbox.workspace
    await people.post(sample.ANA, sample.HELP, f"Keyboard {number} is sticky")

    def found() -> Message | None:
        return next(
            (
                each
                for each in workspace.messages(sample.TRIAGE)
                if each.bot_id and f"eyboard {number}" in wording(each)
            ),
            None,
        )

    card = await desk.sandbox.until(found, PATIENCE)
    assert card is not None
    return card


async def _outage(desk: Side, asked: dict[str, float]) -> None:
    started = time.monotonic()
    for number, user in enumerate(desk.next_people(PEOPLE)):
        await asyncio.sleep(max(0, started + number * WITHIN / PEOPLE - time.monotonic()))
        posted = time.monotonic()
        outcome = await desk.sandbox.people.post(user, sample.HELP, f"The VPN is down, {number}")
        assert outcome.ts is not None
        asked[outcome.ts] = posted


async def _told(desk: Side, asked: dict[str, float]) -> list[float]:
    """Wait until everybody has been told; return how long each waited."""
    workspace, waits = desk.sandbox.workspace, dict[str, float]()

    def look() -> bool:
        now = time.monotonic()
        told = {each.thread_ts for each in workspace.messages(sample.HELP) if each.bot_id}
        for each in workspace.messages(sample.HELP):
            if each.ts in asked and each.ts not in waits and (each.reactions or each.ts in told):
                waits[each.ts] = now - asked[each.ts]
        return len(waits) == PEOPLE

    await desk.sandbox.until(look, WITHIN + PATIENCE)
    return list(waits.values())


async def _answered(desk: Side, card: Message, after: float) -> float:
    """Have Ben answer then; return how long it took to stand in the thread."""
    await asyncio.sleep(after)
    people, workspace = desk.sandbox.people, desk.sandbox.workspace
    await people.click(sample.BEN, card.channel, card.ts, "reply")
    view = workspace.views.top(sample.BEN)
    assert view is not None
    text = f"Turn it over, {after:g}."
    started = time.monotonic()
    await people.submit_view(sample.BEN, view.id, {"text": text})
    await desk.sandbox.until(
        lambda: any(text in each.text for each in workspace.messages(sample.HELP)), PATIENCE
    )
    return time.monotonic() - started
