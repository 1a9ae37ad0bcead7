"""A desk in the sandbox."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from sqlalchemy import URL

from bot.doctor import examination
from bot.doctor.finding import Finding
from bot.manifest import EVENTS_PATH, over_http
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from core.settings import Settings
from tests.e2e.calling import Caller
from tests.e2e.story import Story
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.database import SqliteBackend
from tests.fixtures.ports import free_port
from tests.fixtures.scratch import scratch_folder

MANIFEST = Path(__file__).parents[2] / "manifest.yml"

DISCREET = "C0DISCREET1"

OpenStory = Callable[..., Awaitable[Story]]
Examine = Callable[..., Awaitable[list[Finding]]]
OpenApi = Callable[..., Awaitable[Caller]]


# Tests run over a socket, unless they are marked with one of these.
over_both = pytest.mark.parametrize("transport", ["socket", "http"], indirect=True)
over_http_only = pytest.mark.parametrize("transport", ["http"], indirect=True)


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> str:
    """How Slack reaches the desk."""
    return str(getattr(request, "param", "socket"))


@pytest.fixture
async def sandbox(transport: str) -> AsyncIterator[Sandbox]:
    """A Slack with the people of Acme; its waits are shortened, its deadlines are Slack's."""
    timing = Timing(redeliveries=(0.0, 0.5, 2.0), rate_window=1.0, post_interval=0.02)
    manifest, url = yaml.safe_load(MANIFEST.read_text(encoding="utf-8")), None
    if transport == "http":
        base_url = f"http://127.0.0.1:{free_port()}"
        manifest, url = over_http(manifest, base_url), base_url + EVENTS_PATH
    made = Sandbox(manifest, workspace=sample.acme(), timing=timing, request_url=url)
    async with made.serve() as sandbox:
        yield sandbox


@pytest.fixture
async def story(sandbox: Sandbox, database_url: URL) -> AsyncIterator[Story]:
    """A desk that is open, without a model. Runs on both databases."""
    story = Story(sandbox, database_url)
    await story.start()
    yield story
    await story.close()


@pytest.fixture(scope="session")
def files_backend() -> Iterator[SqliteBackend]:
    """Where the databases come from of stories in which the kind of database does not matter."""
    with scratch_folder() as folder:
        yield SqliteBackend(folder)


@pytest.fixture
def sqlite_url(files_backend: SqliteBackend) -> Iterator[URL]:
    """A SQLite database of its own, migrated."""
    url = files_backend.copy()
    yield url
    files_backend.drop(url)


@pytest.fixture
async def open_story(sandbox: Sandbox, sqlite_url: URL) -> AsyncIterator[OpenStory]:
    """Open a desk with settings of its own, on SQLite only."""
    opened: list[Story] = []

    async def open_story(**settings: object) -> Story:
        story = Story(sandbox, sqlite_url, **settings)
        opened.append(story)
        await story.start()
        return story

    yield open_story
    for story in opened:
        await story.close()


@pytest.fixture
async def scene(open_story: OpenStory) -> Story:
    """A desk that is open, without a model, on SQLite only."""
    return await open_story()


@pytest.fixture
async def open_api(sandbox: Sandbox, database_url: URL) -> AsyncIterator[OpenApi]:
    """Open a desk with settings of its own, and call its API. Runs on both databases."""
    opened: list[Caller] = []

    async def open_api(**settings: object) -> Caller:
        story = Story(sandbox, database_url, **{"port": free_port(), **settings})
        await story.start()
        opened.append(Caller(story))
        return opened[-1]

    yield open_api
    for caller in opened:
        await caller.close()
        await caller.story.close()


@pytest.fixture
async def api(open_api: OpenApi) -> Caller:
    """The API of a desk, called with a token that may do everything."""
    return await open_api()


@pytest.fixture
async def sqlite_api(open_story: OpenStory) -> AsyncIterator[Caller]:
    """The same on SQLite only, where the kind of database does not matter."""
    caller = Caller(await open_story(port=free_port()))
    yield caller
    await caller.close()


@pytest.fixture
async def open_private(sandbox: Sandbox, open_story: OpenStory) -> OpenStory:
    """Open a desk with a channel for private tickets, in which Ben is and Cy is not."""
    members = {sample.BEN, sandbox.workspace.bot.id}
    sandbox.workspace.add_channel("discreet", id=DISCREET, members=members, is_private=True)
    return partial(open_story, private_triage_channel="#discreet")


@pytest.fixture
async def model() -> AsyncIterator[FakeOpenAI]:
    """A model server on this machine."""
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def examine(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Examine:
    """Have a desk examined that is well but for these settings; None takes one away."""

    async def examine(**changes: str | None) -> list[Finding]:
        monkeypatch.chdir(tmp_path)
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        env: dict[str, str | None] = {
            "SLACK_BOT_TOKEN": sandbox.bot_token,
            "SLACK_APP_TOKEN": sandbox.app_token,
            "SLACK_API_URL": sandbox.api_url,
            "DATABASE_URL": sqlite_url.render_as_string(),
        }
        for name, value in {**env, **changes}.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        return await examination.examine()

    return examine
