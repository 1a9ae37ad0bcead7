"""The desk's HTTP server: Slack's way in without a socket, and what it says of itself."""

import asyncio
import socket

import httpx
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from sqlalchemy import text
from typer.testing import CliRunner

from bot import cli
from bot.dispatch import App
from bot.http import HttpServer
from bot.sandbox import sample
from core import doors
from core.errors import ConfigurationError
from tests.e2e.conftest import OpenStory, over_http_only
from tests.e2e.story import Story, wording
from tests.fixtures.ports import free_port


@over_http_only
async def test_a_command_may_speak_of_a_payload(scene: Story) -> None:
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "the payload is lost")
    card = await scene.card(says="Reply draft")
    assert "payload is lost" in wording(card)


@over_http_only
async def test_what_could_not_be_saved_is_delivered_again(
    scene: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = doors.enter
    failures = iter([RuntimeError("no disk"), RuntimeError("no disk")])

    def reluctant(*args: object, **kwargs: object) -> object:
        for failure in failures:
            raise failure
        return enter(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(doors, "enter", reluctant)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")
    deliveries = scene.sandbox.traffic.deliveries("message")[:3]
    assert [each.status for each in deliveries] == ["refused", "refused", "acked"]
    assert len(scene.tickets()) == 1


@over_http_only
async def test_a_click_under_way_at_the_end_is_acknowledged(
    scene: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, closing = asyncio.Event(), asyncio.Event()
    dispatch, close = App.async_dispatch, HttpServer.close

    async def noticed(app: App, req: AsyncBoltRequest) -> BoltResponse:
        arrived.set()
        return await dispatch(app, req)

    async def closed(server: HttpServer) -> None:
        closing.set()
        await close(server)

    monkeypatch.setattr(App, "async_dispatch", noticed)
    monkeypatch.setattr(HttpServer, "close", closed)
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    arrived.clear()
    with scene.database.writing():  # another process writes, and the click waits for it
        clicking = asyncio.create_task(scene.click(sample.BEN, card, "resolve"))
        await arrived.wait()
        stopping = asyncio.create_task(scene.stop())
        await closing.wait()
    assert (await clicking).acked
    await stopping
    assert scene.tickets()[0].resolved_at is not None
    assert not (await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "hello")).acked


async def test_a_taken_port_stops_the_desk_only_where_slack_would_come_there(
    open_story: OpenStory, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        story = await open_story(port=port)
        assert "there is no API, /health, /ready and /metrics" in capsys.readouterr().out
        await story.posted(sample.HELP, "cannot log in")
        await story.card(says="Reply draft")
        await story.stop()
        over_http = {"slack_app_token": None, "slack_signing_secret": "very-secret"}
        for needs_it in (over_http, {"role": "web"}):
            other_story = Story(story.sandbox, story.database.url, port=port, **needs_it)
            with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}.*in use") as refused:
                await other_story.start()
            other_story.database.dispose()
            assert "\n" not in str(refused.value)


def of_another_program(story: Story) -> None:
    with story.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))


def gone(story: Story) -> None:
    with story.database.writing() as session:
        session.execute(text("ALTER TABLE alembic_version RENAME COLUMN version_num TO other"))


ALL_WELL = {"database": "ok", "slack": "ok", "worker": "ok"}


async def test_it_says_what_keeps_it_from_work(open_story: OpenStory) -> None:
    port = free_port()
    story = await open_story(port=port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await until(client)

        of_another_program(story)
        await until(client, database="its tables are not those of this program")
        gone(story)
        await until(client, database="does not answer")
        story.sandbox.faults.fail("apps.connections.open", None, status=503)
        await story.sandbox.sockets.drop()
        await until(client, database="does not answer", slack="not connected")
        assert (await client.get("/health")).status_code == 200
        # Without a signing secret nothing of Slack's is taken over HTTP, signed or not.
        assert (await client.post("/slack/events", json={})).status_code == 404


async def until(client: httpx.AsyncClient, **checks: str) -> None:
    """Wait until that is what stands in the way of work, and nothing else."""
    async with asyncio.timeout(15):
        while True:
            answer = await client.get("/ready")
            found = answer.json()
            assert (answer.status_code == 200) == (found["status"] == "ready")
            if found["checks"] == ALL_WELL | checks:
                return
            await asyncio.sleep(0.02)


async def test_the_command_asks_whether_the_desk_is_alive(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104 - in a container; asked on this machine
    monkeypatch.setenv("PORT", str(port))
    story = await open_story(port=port)
    assert await asked() == (0, "The desk is alive.\n")
    await story.stop()
    code, said = await asked()
    assert code == 1
    assert f"nothing answers at 0.0.0.0:{port}" in said


async def asked() -> tuple[int, str]:
    """Run ``ticketloop health``."""
    result = await asyncio.to_thread(CliRunner().invoke, cli.app, ["health"])
    return result.exit_code, result.output
