"""What the log of a real process says of a bad day, and what it keeps to itself."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import URL

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from tests.e2e.conftest import over_http_only
from tests.e2e.story import Story
from tests.e2e.test_start_and_stop import environment, process, refusal
from tests.fakes.openai_failures import wrong_key
from tests.fakes.openai_server import FakeOpenAI

KEY = "plain-words-as-a-key"
WORDS = "my dog is called Rex and cannot log in"

Line = dict[str, Any]


@over_http_only
async def test_every_line_says_what_it_is_about_and_no_secret(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path
) -> None:
    """Slack fails, the model repeats its key, somebody forges a request, and all is logged."""
    assert sandbox.http is not None
    stage = Story(sandbox, sqlite_url)
    async with FakeOpenAI(wrong_key()) as model:
        env = environment(
            sandbox,
            sqlite_url,
            SLACK_APP_TOKEN=None,
            SLACK_SIGNING_SECRET=sandbox.signing_secret,
            PORT=str(urlsplit(sandbox.http.url).port),
            OPENAI_BASE_URL=model.base_url,
            OPENAI_API_KEY=KEY,
            LOG_LEVEL="DEBUG",
            LOG_FORMAT="json",
            DB_ECHO="true",
        )
        path = tmp_path / "log"
        with path.open("wb") as log:
            async with process(env, tmp_path, "run", log=log) as running:
                await stage.reachable(asyncio.create_task(running.wait()))
                assert running.returncode is None, path.read_text(encoding="utf-8")
                sandbox.faults.error("chat.postMessage", "internal_error", 1)
                await stage.posted(sample.HELP, WORDS)
                await stage.card(says="#1 ")
                await stage.command(sample.ANA, "triage 1")
                async with httpx.AsyncClient() as anybody:
                    await anybody.post(sandbox.http.url, content="forged")
                await stage.until(stage.calls)
                running.send_signal(signal.SIGTERM)
                code = await asyncio.wait_for(running.wait(), 30)
    await stage.close()
    said = path.read_text(encoding="utf-8")
    assert code == 0, said
    for secret in (sandbox.bot_token, sandbox.signing_secret, KEY, WORDS):
        assert secret not in said
    lines = [json.loads(line) for line in said.splitlines()]

    about = {"surface": "event", "what": "message", "user": sample.ANA}
    # What is put together at the start, before the first message, is about nothing yet.
    inserted = one([line for line in lines if "surface" in line], "INSERT INTO tickets")
    assert about.items() <= inserted.items()
    assert inserted["event_id"].startswith("Ev")
    failed = one(lines, "a job will be tried again")
    assert failed["ticket"] == 1
    assert failed["kind"] in {"card", "receipt"}
    recorded = one(lines, "UPDATE model_calls")
    assert {"kind": "triage", "ticket": 1}.items() <= recorded.items()
    refused = one(lines, "refused")
    assert {"surface": "command", "what": "/ticket", "user": sample.ANA}.items() <= refused.items()
    assert one(lines, "refused a request that claims")["why"] == "it is not signed as Slack signs"
    assert not {"surface", "job", "ticket"} & one(lines, "closing the desk").keys()


async def test_a_refused_start_repeats_no_token_that_was_put_in_the_wrong_place(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path
) -> None:
    env = environment(sandbox, sqlite_url, TRIAGE_CHANNEL="#xoxp-12345678-hushhush")
    said = await refusal(env, tmp_path)
    assert said.startswith("ticketloop: The bot is in no channel #[redacted]")
    assert "hush" not in said


def one(lines: list[Line], beginning: str) -> Line:
    """Return the first line of that event."""
    return next(line for line in lines if line["event"].startswith(beginning))
