"""A Slack, a model, and bots that die."""

import multiprocessing
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from tests.chaos.mortal import MortalStory
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.database import Backend

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A Slack that delivers an event again until a bot is there to take it."""
    async with slack().serve() as sandbox:
        yield sandbox


def slack() -> Sandbox:
    """Make one."""
    timing = Timing(redeliveries=(0.1,) * 300, rate_window=1.0, post_interval=0.02)
    return Sandbox(MANIFEST, workspace=sample.acme(), timing=timing)


@pytest.fixture
async def model() -> AsyncIterator[FakeOpenAI]:
    """A model that answers at once."""
    async with FakeOpenAI() as model:
        yield model


@pytest.fixture(scope="session")
def nursery() -> ForkServerContext:
    """What makes processes that need not import the bot anew: it takes seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["bot.runtime", "openai.resources", "httpcore", "anyio._backends._asyncio", "psycopg"]
    )
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


OpenStory = Callable[[], AbstractAsyncContextManager[MortalStory]]


@pytest.fixture
def open_story(backend: Backend, nursery: ForkServerContext, tmp_path: Path) -> OpenStory:
    """Make desks like ``story``, each in a Slack of its own: most of their life is waiting."""
    numbers = count()

    @asynccontextmanager
    async def opened() -> AsyncIterator[MortalStory]:
        url = backend.copy()
        log = tmp_path / f"bot-{next(numbers)}.log"
        async with slack().serve() as sandbox, FakeOpenAI() as model:
            story = MortalStory(sandbox, model, url, nursery, log, job_lease=2)
            try:
                yield story
            finally:
                await story.close()
        backend.drop(url)

    return opened
