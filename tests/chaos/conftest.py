"""A Slack, a model, and bots that die."""

import multiprocessing
from collections.abc import AsyncIterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from tests.chaos.mortal import MortalStory
from tests.fakes.openai_server import FakeOpenAI

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A Slack that delivers an event again until a bot is there to take it."""
    timing = Timing(redeliveries=(0.1,) * 300, rate_window=1.0, post_interval=0.02)
    async with Sandbox(MANIFEST, workspace=sample.acme(), timing=timing).serve() as sandbox:
        yield sandbox


@pytest.fixture
async def model() -> AsyncIterator[FakeOpenAI]:
    """A model that answers at once."""
    async with FakeOpenAI() as model:
        yield model


@pytest.fixture(scope="session")
def nursery() -> ForkServerContext:
    """What makes processes that need not import the bot anew: it takes seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bot.runtime", "openai.resources", "psycopg"])
    return context


@pytest.fixture
async def story(
    sandbox: Sandbox,
    model: FakeOpenAI,
    nursery: ForkServerContext,
    database_url: URL,
    tmp_path: Path,
) -> AsyncIterator[MortalStory]:
    """A desk with a model, not open yet."""
    story = MortalStory(sandbox, model, database_url, nursery, tmp_path / "bot.log")
    yield story
    await story.close()
