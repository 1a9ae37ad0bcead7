"""The process: what it refuses to start with, and how it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from sqlalchemy import URL, text

from bot import cli
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.socket import Socket
from core.errors import ConfigurationError
from core.settings import Settings
from storage.database import Database
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording
from tests.fixtures.database import SqliteBackend, downgrade

ROOT = Path(__file__).parents[2]


def environment(sandbox: Sandbox, url: URL, **changes: str | None) -> dict[str, str]:
    """Return the environment of a desk in the sandbox; None takes a variable away."""
    ours = {name.upper() for name in Settings.model_fields}
    values = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    values |= {
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "SLACK_API_URL": sandbox.api_url,
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "PORT": "0",
        "PACE_SCALE": "0.02",
        "CARD_DELAY": "0.3",
        "DIGEST_AT": "off",
        "PYTHONPATH": str(ROOT),
    }
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


@asynccontextmanager
async def process(
    env: dict[str, str], folder: Path, *command: str, log: IO[bytes] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``python -m bot`` in a folder without an ``.env``; its log goes to a file or a pipe."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *command),
        cwd=folder,
        env=env,
        stderr=log or asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def refusal(env: dict[str, str], folder: Path) -> str:
    """Run the desk, which must refuse to start; return the one line that it says."""
    async with process(env, folder, "run") as running:
        _, said = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 2, said.decode()
    lines = said.decode().strip().splitlines()
    assert len(lines) == 1, said.decode()
    return lines[0]


async def test_as_a_process_it_says_in_one_line_what_is_wrong(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path
) -> None:
    said = await refusal(environment(sandbox, sqlite_url, TRIAGE_CHANNEL="#nowhere"), tmp_path)
    assert said.startswith("ticketloop: The bot is in no channel #nowhere:")
    assert "/invite @Ticketloop" in said


Change = dict[str, str]

REFUSED: list[tuple[Change, tuple[str, ...]]] = [
    ({"slack_bot_token": "xoxb-other"}, ("SLACK_BOT_TOKEN", "invalid_auth")),
    ({"slack_app_token": "xapp-other"}, ("SLACK_APP_TOKEN", "invalid_auth", "connections:write")),
    ({"triage_channel": "#nowhere"}, ("#nowhere", "TRIAGE_CHANNEL", "/invite")),
    ({"intake_channels": "#help, C0NOWHERE1"}, ("C0NOWHERE1", "INTAKE_CHANNELS")),
    ({"triage_channel": sample.HELP}, ("TRIAGE_CHANNEL must not be one of INTAKE_CHANNELS",)),
    ({"private_triage_channel": "#nowhere"}, ("#nowhere", "PRIVATE_TRIAGE_CHANNEL", "/invite")),
    (
        {"private_triage_channel": sample.TRIAGE},
        ("PRIVATE_TRIAGE_CHANNEL must be neither TRIAGE_CHANNEL",),
    ),
    ({"private_triage_channel": sample.GENERAL}, ("PRIVATE_TRIAGE_CHANNEL", "public channel")),
    ({"triage_channel": sample.GENERAL}, ("TRIAGE_CHANNEL is a public", "AGENT_USERGROUP")),
    ({"agent_usergroup": "@nobody"}, ("AGENT_USERGROUP", "nobody", "handle")),
    ({"prompt_version": "v99"}, ("PROMPT_VERSION", "v99")),
    ({"slack_api_url": "http://127.0.0.1:9/api/"}, ("SLACK_API_URL", "did not answer")),
]


@pytest.mark.parametrize(("change", "parts"), REFUSED, ids=[str(each[0]) for each in REFUSED])
async def test_a_setting_that_slack_does_not_agree_with(
    sandbox: Sandbox, sqlite_url: URL, change: Change, parts: tuple[str, ...]
) -> None:
    story = Story(sandbox, sqlite_url, **change)
    with pytest.raises(ConfigurationError) as refused:
        await story.start()
    story.database.dispose()
    for part in parts:
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"SLACK_BOT_TOKEN": "xapp-sandbox"}, ("SLACK_BOT_TOKEN is wrong", "swapped")),
        ({"SLACK_APP_TOKEN": "xoxb-sandbox"}, ("SLACK_APP_TOKEN is wrong", "xapp-", "swapped")),
        ({"SLACK_BOT_TOKEN": "hello"}, ("SLACK_BOT_TOKEN is wrong", "starts with xoxb-")),
        ({"SLACK_APP_TOKEN": ""}, ("SLACK_APP_TOKEN is missing", "connections:write")),
        ({"DATABASE_URL": "mysql://a:geheim@b/c"}, ("DATABASE_URL is wrong", "sqlite")),
    ],
)
async def test_a_setting_that_is_wrong_in_itself(
    sandbox: Sandbox,
    sqlite_url: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Change,
    parts: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    said = await said_by_cli("run", environment(sandbox, sqlite_url, **change), monkeypatch, capsys)
    for part in parts:
        assert part in said
    assert "geheim" not in said


def newer(url: URL) -> None:
    """Let the database be of a program that is not written yet."""
    _execute(url, "UPDATE alembic_version SET version_num = 'from_the_future'")


def changed_prompt(url: URL) -> None:
    """Let the database know another text under the prompt's name."""
    _execute(url, "UPDATE prompt_versions SET sha256 = 'another' WHERE name = 'triage'")


def _execute(url: URL, statement: str) -> None:
    database = Database(url)
    with database.writing() as session:
        session.execute(text(statement))
    database.dispose()


@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (downgrade, ("no tables yet", "ticketloop migrate")),
        (newer, ("from_the_future", "newer", "alembic downgrade")),
        (changed_prompt, ("prompts/triage/v1.md", "restore the file")),
    ],
)
async def test_a_database_of_another_program(
    sandbox: Sandbox,
    sqlite_url: URL,
    damage: Callable[[URL], None],
    parts: tuple[str, ...],
) -> None:
    damage(sqlite_url)
    story = Story(sandbox, sqlite_url)
    with pytest.raises(ConfigurationError) as refused:
        await story.start()
    story.database.dispose()
    for part in parts:
        assert part in str(refused.value)


async def test_a_database_without_anything(sandbox: Sandbox, files_backend: SqliteBackend) -> None:
    story = Story(sandbox, files_backend.empty())
    with pytest.raises(ConfigurationError, match="ticketloop migrate"):
        await story.start()
    story.database.dispose()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://desk:geheim@127.0.0.1:1/desk",
        "postgresql://127.0.0.1:1/desk?user=desk&password=geheim&sslpassword=geheim",
    ],
)
async def test_a_database_that_does_not_answer_is_one_line(
    sandbox: Sandbox,
    sqlite_url: URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    away = {"DATABASE_URL": address}
    env = environment(sandbox, sqlite_url, **away)
    for said in (
        await refusal(env, tmp_path),
        await said_by_cli("migrate", env, monkeypatch, capsys),
    ):
        assert said.startswith("ticketloop: DATABASE_URL: the database at")
        assert "geheim" not in said


async def said_by_cli(
    command: str,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """Run the command in this process, where it must refuse; return the one line it says."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["ticketloop", command])
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(cli.main)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    return line


async def test_a_scope_that_is_missing_is_named(sandbox: Sandbox, sqlite_url: URL) -> None:
    sandbox.faults.error("users.conversations", "missing_scope")
    story = Story(sandbox, sqlite_url)
    with pytest.raises(ConfigurationError, match=r"scope .* manifest\.yml"):
        await story.start()
    story.database.dispose()


async def test_the_end_waits_for_what_is_under_way(open_story: OpenStory) -> None:
    """A reply that Slack takes its time for is delivered before the desk closes, and once."""
    story = await open_story()
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.faults.slow("chat.postMessage", 1.0)
    await story.click(sample.BEN, card, "approve")
    await story.until(lambda: len(story.thread(sample.HELP, asked)) == 2)
    await story.stop()
    assert story.answers()[0].sent_at is not None
    await story.start()
    await story.card(says="Sent:")
    await story.settled()
    await story.replies(sample.HELP, asked, 2)


async def test_nothing_new_is_begun_while_the_desk_closes(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes in the meantime is taken, and waits for the next start."""
    story = await open_story()
    close, asked = Socket.close, []

    async def slowly(socket: Socket) -> None:
        asked.append(await story.posted(sample.HELP, "one more"))
        await asyncio.sleep(0.5)
        await close(socket)

    monkeypatch.setattr(Socket, "close", slowly)
    await story.stop()
    assert len(story.tickets()) == 1
    assert story.thread(sample.HELP, asked[0]) == []
    monkeypatch.undo()
    await story.start()
    await story.replies(sample.HELP, asked[0], 1)


async def test_sigterm(sandbox: Sandbox, sqlite_url: URL, tmp_path: Path) -> None:
    """As a process: it ends with 0, and what it left the next start does, once."""
    stage = Story(sandbox, sqlite_url)
    env = environment(sandbox, sqlite_url)
    async with process(env, tmp_path, "run") as first:
        await sandbox.until(lambda: sandbox.sockets.connected > 0, 30)
        asked = await stage.posted(sample.HELP, "cannot log in")
        card = await stage.card(says="Reply draft")
        sandbox.faults.slow("chat.postMessage", 0.5)
        await stage.click(sample.BEN, card, "approve")
        first.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(first.communicate(), 30)
    assert first.returncode == 0, said.decode()
    assert b"Traceback" not in said
    assert b"the desk is closed" in said
    await stage.start()
    await stage.card(says="Sent:")
    await stage.settled()
    [_, answer] = await stage.replies(sample.HELP, asked, 2)
    assert "Ben Okafor" in wording(answer)
    await stage.close()


async def test_sigterm_while_slack_does_not_answer_the_start(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path
) -> None:
    sandbox.faults.slow("auth.test", 60)
    async with process(environment(sandbox, sqlite_url), tmp_path, "run") as starting:
        await sandbox.until(lambda: not sandbox.faults.rules, 30)  # it has struck
        starting.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(starting.communicate(), 30)
    assert starting.returncode == 0, said.decode()
    assert b"Traceback" not in said
    assert b"told to stop while the desk was starting" in said


async def test_a_connection_that_does_not_close_keeps_nothing_from_its_end(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    close = Socket.close

    async def broken(socket: Socket) -> None:
        await close(socket)
        raise RuntimeError("it is stuck")

    monkeypatch.setattr(Socket, "close", broken)
    story = await open_story()
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.faults.slow("chat.postMessage", 1.0)
    await story.click(sample.BEN, card, "approve")
    await story.until(lambda: len(story.thread(sample.HELP, asked)) == 2)
    await story.stop()
    assert story.answers()[0].sent_at is not None
    assert "a connection could not be closed" in capsys.readouterr().out


async def test_a_revoked_bot_token_ends_the_process_with_one_line(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path
) -> None:
    """Its supervisor sees that it failed; what was left the next start does, once."""
    stage = Story(sandbox, sqlite_url)
    async with process(environment(sandbox, sqlite_url), tmp_path, "run") as first:
        await sandbox.until(lambda: sandbox.sockets.connected > 0, 30)
        asked = await stage.posted(sample.HELP, "cannot log in")
        card = await stage.card(says="Reply draft")
        await stage.settled()
        sandbox.faults.revoke_token("token_revoked")
        await stage.click(sample.BEN, card, "approve")
        _, said = await asyncio.wait_for(first.communicate(), 30)
    assert first.returncode == 2
    assert b"Traceback" not in said
    last = said.decode().strip().splitlines()[-1]
    assert last.startswith("ticketloop: Slack takes the bot's token no more (token_revoked)")
    assert "SLACK_BOT_TOKEN" in last
    sandbox.faults.clear()
    await stage.start()
    await stage.card(says="Sent:")
    await stage.settled()
    await stage.replies(sample.HELP, asked, 2)
    await stage.close()


async def test_a_revoked_app_token_stops_the_desk_with_one_line(open_story: OpenStory) -> None:
    """The SDK would try to connect for ever."""
    story = await open_story()
    story.sandbox.faults.revoke_app_token("invalid_auth")
    await story.sandbox.sockets.drop()
    with pytest.raises(ConfigurationError, match="SLACK_APP_TOKEN") as stopped:
        await story.ended()
    assert "invalid_auth" in str(stopped.value)
    assert "\n" not in str(stopped.value)
    story.sandbox.faults.clear()
    await story.start()
    await story.posted(sample.HELP, "cannot log in")
    await story.card(says="Reply draft")


async def test_a_connection_that_breaks_is_no_reason_to_stop(open_story: OpenStory) -> None:
    story = await open_story()
    opened = story.sandbox.traffic.calls("apps.connections.open")
    story.sandbox.faults.fail("apps.connections.open", 3, status=503)
    await story.sandbox.sockets.drop()
    await story.until(
        lambda: len(story.sandbox.traffic.calls("apps.connections.open")) > len(opened) + 3
    )
    await story.until(lambda: story.sandbox.sockets.connected > 0)
    await story.posted(sample.HELP, "cannot log in")
    await story.card(says="Reply draft")


async def test_a_click_under_way_at_the_end_is_acknowledged(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done for somebody is not shown to them as failed."""
    arrived, closing = asyncio.Event(), asyncio.Event()
    handle, close = Socket.handle, Socket.close

    async def noticed(socket: Socket, client: SocketModeClient, req: SocketModeRequest) -> None:
        arrived.set()
        await handle(socket, client, req)

    async def closed(socket: Socket) -> None:
        closing.set()
        await close(socket)

    monkeypatch.setattr(Socket, "handle", noticed)
    monkeypatch.setattr(Socket, "close", closed)
    story = await open_story()
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    arrived.clear()
    with story.database.writing():  # another process writes, and the click waits for it
        clicking = asyncio.create_task(story.click(sample.BEN, card, "resolve"))
        await arrived.wait()
        stopping = asyncio.create_task(story.stop())
        await closing.wait()
    assert (await clicking).acked
    await stopping
    assert story.tickets()[0].resolved_at is not None
