"""Everything at once: events that come again and again, deaths, faults of Slack and of the model.

``make test`` has a short storm; ``make chaos`` the long one, with ``CHAOS_SEED`` for another one.
"""

import os
from collections.abc import AsyncIterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from tests.chaos.conftest import MANIFEST
from tests.chaos.mortal import MortalStory
from tests.chaos.plan import LONG, SHORT, drawn
from tests.chaos.reckoning import Losses, Reckoning
from tests.chaos.storm import LEASE, Storm
from tests.fakes.openai_server import FakeOpenAI

SEED = int(os.environ.get("CHAOS_SEED", "42"))
IS_LONG = os.environ.get("CHAOS") == "long"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A Slack whose limits are those of a fiftieth of the time."""
    timing = Timing(redeliveries=(0.1, 0.5) + (1.0,) * 60, rate_window=1.2, post_interval=0.01)
    made = Sandbox(MANIFEST, workspace=sample.acme(), timing=timing, seed=SEED)
    async with made.serve() as sandbox:
        yield sandbox


@pytest.fixture
async def story(
    sandbox: Sandbox,
    model: FakeOpenAI,
    nursery: ForkServerContext,
    database_url: URL,
    tmp_path: Path,
) -> AsyncIterator[MortalStory]:
    """A desk whose waits are shortened as Slack's are; none is switched off."""
    settings = {"job_lease": LEASE, "card_delay": 0.3, "model_timeout": 3}
    log = Path(os.environ.get("CHAOS_LOG") or tmp_path / "bot.log")
    story = MortalStory(sandbox, model, database_url, nursery, log, patience=3, **settings)
    yield story
    await story.close()


@pytest.mark.timeout(1800)
async def test_nothing_is_lost_in_a_storm_and_nothing_done_twice(story: MortalStory) -> None:
    plan = drawn(SEED, LONG if IS_LONG else SHORT)
    storm = Storm(story, plan)
    await storm.pass_over()
    await story.stop()
    reckoning = Reckoning(storm).made()
    record, model = storm.record, storm.model
    print(  # noqa: T201
        f"\nseed {SEED}: {record.events} events ({dict(record.steps)}), {record.redelivered} "
        f"delivered again, {record.kills} kills, {sum(storm.clickers.clicks.values())} clicks "
        f"({dict(storm.clickers.clicks)}), {storm.clickers.forms} forms; {record.calls} calls of "
        f"Slack, {dict(record.call_faults)}; {model.answered} answers of the model, "
        f"{dict(model.failed)}; {len(story.tickets())} tickets, {len(story.answers())} replies\n"
        f"{reckoning.losses}"
    )
    assert reckoning.losses == Losses(), "\n".join(reckoning.details)
    assert record.kills == plan.size.kills
