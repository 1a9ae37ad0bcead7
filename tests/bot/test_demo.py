"""The demo's own parts: the guide, the stand-in for a model, and the process that may be killed."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import demo
from bot.demo import stand_in, switches
from bot.demo.bot_process import BotProcess
from bot.demo.guide import ASKING, CLOSING, first_minute
from bot.demo.stand_in import StandIn
from bot.sandbox import sample
from core.answer import HandoverAnswer, TriageAnswer
from core.errors import ConfigurationError
from core.prompts import new_marker, user_message
from tests.fixtures.ports import free_port


def test_the_guide_follows_what_happens_and_never_goes_back() -> None:
    workspace = sample.acme()
    bot = workspace.bot.id
    guide = first_minute(workspace)
    workspace.post(sample.HELP, sample.DEE, "Somebody else asks")
    assert guide.step == 0
    asked = workspace.post(sample.HELP, sample.ANA, ASKING)
    app = {"bot_id": workspace.bot_id, "thread_ts": asked.ts}
    receipt = workspace.post(sample.HELP, bot, "Ticket #1 · We have it.", **app)
    assert guide.step == 1
    workspace.post(sample.HELP, bot, "Which system is it about?", **app)
    assert guide.step == 2
    workspace.edit(sample.HELP, receipt.ts, bot, text="Ticket #1 · Resolved by Ana Alvarez.")
    assert (guide.step, guide.text) == (3, CLOSING)
    workspace.delete(sample.HELP, asked.ts)
    assert guide.step == 3


def test_the_guide_takes_an_answer_in_the_agents_own_words() -> None:
    workspace = sample.acme()
    guide = first_minute(workspace)
    asked = workspace.post(sample.HELP, sample.ANA, ASKING)
    workspace.post(sample.HELP, sample.ANA, "It is the wiki.", thread_ts=asked.ts)
    workspace.post(sample.HELP, sample.DEE, "Same here.", thread_ts=asked.ts)
    assert guide.step == 1
    workspace.post(sample.HELP, sample.BEN, "Please try again now.", thread_ts=asked.ts)
    assert guide.step == 2


def test_the_guide_does_not_end_without_an_answer() -> None:
    workspace = sample.acme()
    bot = workspace.bot.id
    guide = first_minute(workspace)
    asked = workspace.post(sample.HELP, sample.ANA, ASKING)
    app = {"bot_id": workspace.bot_id, "thread_ts": asked.ts}
    receipt = workspace.post(sample.HELP, bot, "Ticket #1 · We have it.", **app)
    workspace.edit(sample.HELP, receipt.ts, bot, text="Ticket #1 · Resolved by Ben Okafor.")
    workspace.post(sample.HELP, bot, "Resolved by Ben Okafor. Write here if it comes back.", **app)
    assert guide.step == 1

    answered = workspace.post(sample.HELP, sample.ANA, "And the printer is out of paper")
    workspace.post(sample.HELP, sample.BEN, "I bring some.", thread_ts=answered.ts)
    assert guide.step == 2  # one of them is resolved, the other one answered


async def ask(model: StandIn, output: type, text: str) -> httpx.Response:
    marker = new_marker()
    transport = httpx.ASGITransport(model.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        return await client.post(
            f"{stand_in.PREFIX}/chat/completions",
            json={
                "messages": [
                    {"role": "system", "content": "Triage."},
                    {"role": "user", "content": user_message(text, marker)},
                ],
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": output.__name__},
                },
            },
        )


def said(response: httpx.Response) -> str:
    return str(response.json()["choices"][0]["message"]["content"])


async def test_the_stand_in_triages_by_what_the_requester_said() -> None:
    text = "My laptop is broken\n\nagent: Have you tried a flux capacitor?\n\nrequester: Yes"
    response = await ask(StandIn(), TriageAnswer, text)
    answer = TriageAnswer.model_validate_json(said(response))
    assert answer.title == "My laptop is broken"
    assert answer.category == "hardware"
    assert "flux" not in answer.summary
    assert "no AI" in response.json()["model"]


async def test_the_stand_in_repeats_the_conversation_for_a_handover() -> None:
    response = await ask(StandIn(), HandoverAnswer, "Laptop\n\nrequester: It is broken")
    answer = HandoverAnswer.model_validate_json(said(response))
    assert answer.summary == "Laptop\n\nrequester: It is broken"


async def test_a_slow_stand_in_answers_when_it_is_to_be_quick_again() -> None:
    model = StandIn()
    model.is_slow = True
    asked = asyncio.create_task(ask(model, TriageAnswer, "My laptop is broken"))
    assert (await asyncio.wait({asked}, timeout=0.2))[0] == set()
    model.is_slow = False
    assert (await asyncio.wait_for(asked, 5)).status_code == 200


async def test_a_stand_in_that_is_down_gives_an_error() -> None:
    model = StandIn()
    model.is_down = True
    assert (await ask(model, TriageAnswer, "My laptop is broken")).status_code == 503


# A bot that says which process it is and waits for a signal to end with.
BOT = """
import os, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
print(os.getpid(), file=open("pid", "w"), flush=True)
print(os.getpid(), flush=True)
while True:
    signal.pause()
"""
# Holds a bot as the demo does.
HOLDER = """
import asyncio, os, pathlib
from bot.demo.bot_process import BotProcess

async def main():
    here = pathlib.Path.cwd()
    bot = BotProcess(here, lambda: {**os.environ, "PYTHONPATH": str(here)})
    await bot.start()
    await bot.ended()

asyncio.run(main())
"""


@pytest.fixture
def understudy(tmp_path: Path) -> Mapping[str, str]:
    """The environment in which ``BOT`` is the bot."""
    (tmp_path / "bot.py").write_text(BOT)
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


async def running(folder: Path) -> int:
    """Wait until the bot runs; return its process."""
    note = folder / "pid"
    async with asyncio.timeout(20):
        while not (note.exists() and note.read_text()):  # noqa: ASYNC110 - it announces nothing
            await asyncio.sleep(0.02)
    pid = int(note.read_text())
    note.unlink()
    return pid


async def test_a_killed_bot_has_not_ended_until_one_ends_by_itself(
    tmp_path: Path, understudy: Mapping[str, str]
) -> None:
    bot = BotProcess(tmp_path, lambda: understudy)
    await bot.start()
    ended = asyncio.create_task(bot.ended())
    await running(tmp_path)

    await bot.kill()
    seen = [bot.is_killed]
    await bot.start()
    seen.append(bot.is_killed)
    assert seen == [True, False]
    pid = await running(tmp_path)
    assert not ended.done()

    os.kill(pid, signal.SIGUSR1)
    assert await asyncio.wait_for(ended, 10) == 7
    await bot.stop()


async def test_several_people_who_start_the_bot_at_once_get_one(
    tmp_path: Path, understudy: Mapping[str, str]
) -> None:
    starts: list[Mapping[str, str]] = []  # each start asks for the environment

    def environment() -> Mapping[str, str]:
        starts.append(understudy)
        return understudy

    bot = BotProcess(tmp_path, environment)
    kill = switches.of_bot(bot)
    await bot.start()
    await asyncio.gather(kill.turn(True), kill.turn(True))
    await asyncio.gather(*(kill.turn(False) for _ in range(4)))
    assert len(starts) == 2

    await kill.turn(True)
    await asyncio.gather(bot.stop(), kill.turn(False))
    assert len(starts) == 2, "a bot was started when the demo was about to end"


async def test_the_bot_does_not_outlive_a_demo_that_is_killed(
    tmp_path: Path, understudy: Mapping[str, str]
) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", HOLDER), cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    pid = int(await asyncio.wait_for(holder.stdout.readline(), 60))
    holder.kill()
    try:
        # The bot has this pipe too, so its end is here when both are gone.
        assert await asyncio.wait_for(holder.stdout.read(), 10) == b""
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("the bot goes on without the demo")
    finally:
        await holder.wait()


async def test_the_bot_of_another_demo_is_refused() -> None:
    other = demo.local_slack()
    async with demo.local_slack().serve() as sandbox:
        client = AsyncWebClient(other.bot_token, base_url=sandbox.api_url)
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await client.auth_test()
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await client.apps_connections_open(app_token=other.app_token)


def test_the_api_is_beside_the_page_or_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        page = taken.getsockname()[1] - 1
        elsewhere = demo.port_beside(page)
        assert elsewhere not in {0, page, page + 1}
    assert demo.port_beside(page) == page + 1
    assert demo.port_beside(65_535) not in {0, 65_535}


async def test_what_a_demo_says_about_its_api_is_so(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", str(free_port())),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            said = (await process.stdout.readuntil(b"Ctrl-C")).decode()
        [page] = re.findall(r"(http\S+)/docs", said)
        [command] = re.findall(r"DATABASE_URL=.*", said)
        made = await asyncio.create_subprocess_shell(
            command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
        )
        token = re.findall(r"tl_[\w-]+", (await made.communicate())[0].decode())[0]
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}) as client:
            answer = await client.post(f"{page}/api/v1/tickets", json={"raw_text": "Help!"})
    finally:
        process.terminate()
        await process.communicate()
    assert answer.status_code == 201, answer.text


async def test_a_demo_leaves_the_database_of_another_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo.empty_database(port)
        kept = demo.database(port)
        before = kept.stat()
        demo.empty_database(port + 1)
        with pytest.raises(ConfigurationError, match=f"port {port} is taken"):
            await demo.run(port=port)
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_folder_that_cannot_be_made_is_said_to_be_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").write_text("a file in its place")
    with pytest.raises(ConfigurationError, match="start it in another folder"):
        demo.empty_database(1)
