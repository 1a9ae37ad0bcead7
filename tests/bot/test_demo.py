"""The demo's own parts: the guide, the stand-in for a model, and the process that may be killed."""

import asyncio
import os
import signal
from pathlib import Path

import httpx

from bot.demo import stand_in
from bot.demo.bot_process import BotProcess
from bot.demo.guide import ASKING, CLOSING, first_minute
from bot.demo.stand_in import StandIn
from bot.sandbox import sample
from core.answer import HandoverAnswer, TriageAnswer
from core.prompts import new_marker, user_message


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


# A bot that notes its process and waits for a signal to end with.
BOT = """
import os, pathlib, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
pathlib.Path("pid").write_text(str(os.getpid()))
while True:
    signal.pause()
"""


async def running(folder: Path) -> int:
    """Wait until the bot runs; return its process."""
    note = folder / "pid"
    async with asyncio.timeout(20):
        while not (note.exists() and note.read_text()):  # noqa: ASYNC110 - it announces nothing
            await asyncio.sleep(0.02)
    pid = int(note.read_text())
    note.unlink()
    return pid


async def test_a_killed_bot_has_not_ended_until_one_ends_by_itself(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    bot = BotProcess(tmp_path, lambda: os.environ)
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
