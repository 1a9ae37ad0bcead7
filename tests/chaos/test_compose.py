"""The services of ``compose.postgres.yml`` as processes on this machine, and a desk's whole day.

Commands and environment are those of the file, but for host names and ports.
"""

import asyncio
import os
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from core.settings import Settings
from tests.chaos.checks import assert_at_rest, outcomes
from tests.chaos.mortal import START, MortalStory
from tests.chaos.test_killed import live_through
from tests.fakes.openai_failures import Hang
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.database import PostgresBackend
from tests.fixtures.ports import free_port
from tests.fixtures.postgres import PostgresServer

COMPOSE = Path(__file__).parents[2] / "compose.postgres.yml"
EACH = 5


class Services:
    """What ``docker compose up`` starts, on a database that is there already."""

    def __init__(self, story: MortalStory, dotenv: Mapping[str, str]) -> None:
        self._story = story
        self._services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
        ours = {name.upper() for name in Settings.model_fields}
        machine = {name: value for name, value in os.environ.items() if name not in ours}
        url = story.database.url.render_as_string(hide_password=False)
        here = {"HOST": "127.0.0.1", "PORT": str(free_port()), "DATABASE_URL": url}
        self._env = {
            name: {**machine, **dotenv, **self._services[name]["environment"], **here}
            for name in ("migrate", "web", "worker")
        }

    def start(self, name: str) -> list[ForkServerProcess]:
        service = self._services[name]
        replicas = service.get("deploy", {}).get("replicas", 1)
        return [self._run(name, *service["command"]) for _ in range(replicas)]

    async def ends_well(self, name: str, *arguments: str) -> bool:
        """Run one command in the service's environment; say whether it exits with 0."""
        once = self._run(name, *arguments)
        await asyncio.to_thread(once.join, START)
        return once.exitcode == 0

    def _run(self, name: str, *arguments: str) -> ForkServerProcess:
        return self._story.commanded(*arguments, env=self._env[name])


@pytest.mark.postgresql
async def test_a_web_process_and_two_workers_of_which_one_is_killed(
    sandbox: Sandbox,
    model: FakeOpenAI,
    nursery: ForkServerContext,
    postgres_server: PostgresServer,
    tmp_path: Path,
) -> None:
    url = PostgresBackend(postgres_server).empty()
    story = MortalStory(sandbox, model, url, nursery, tmp_path / "bot.log")
    services = Services(
        story,
        {
            "SLACK_BOT_TOKEN": sandbox.bot_token,
            "SLACK_APP_TOKEN": sandbox.app_token,
            "SLACK_API_URL": sandbox.api_url,
            "OPENAI_BASE_URL": model.base_url,
            "MODEL_CONCURRENCY": str(EACH),
            "GROUP_WINDOW": "0",
            "DIGEST_AT": "off",
            "PACE_SCALE": "0.02",
            "JOB_LEASE": "1",
        },
    )
    assert not await services.ends_well("web", "health")
    [migrate] = services.start("migrate")
    await asyncio.to_thread(migrate.join, START)
    assert migrate.exitcode == 0
    [web], workers = services.start("web"), services.start("worker")
    story.bots += [web, *workers]
    await story.until(lambda: sandbox.sockets.connected == 1, START)
    await live_through(story)
    for name in ("web", "worker"):
        assert await services.ends_well(name, "health")

    everybody, thinks = 2 * EACH, Hang()
    model.default = thinks
    asked = len(model.asked)
    people = (sample.ANA, sample.DEE, sample.FAY, sample.GUS)
    for number in range(everybody):
        await story.posted(sample.HELP, f"Request {number}", user=people[number % len(people)])
    # No worker asks more than its share at once, so each of them waits for as many answers.
    await story.until(lambda: len(model.asked) == asked + everybody)
    workers[0].kill()
    workers[0].join()
    thinks.release()
    await story.settled(60)
    assert_at_rest(story)
    assert len(story.tickets()) == 1 + everybody
    assert sorted(outcomes(story)) == ["answered"] * (1 + everybody) + ["started"] * EACH
    assert await services.ends_well("worker", "health")

    await story.close()
    assert [each.exitcode for each in (web, workers[1])] == [0, 0]
    assert not await services.ends_well("worker", "health")
    postgres_server.drop(url)
