"""What is looked at, and that looking costs little."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot import health
from bot.health import Readiness
from core.desk import Desk
from core.settings import ProcessRole, Settings
from storage import schema


def settings(role: ProcessRole = ProcessRole.ALL) -> Settings:
    return Settings(
        _env_file=None,
        role=role,
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("very-secret"),
    )


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_database_that_is_stuck_is_asked_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask us, and each question to a database that hangs would hold a thread."""
    asked, release = 0, threading.Event()

    def stuck(_session: Any) -> bool:
        nonlocal asked
        asked += 1
        return release.wait()

    monkeypatch.setattr(schema, "is_current", stuck)
    monkeypatch.setattr(health, "PATIENCE", timedelta(milliseconds=20))
    worker = asyncio.create_task(for_ever())
    readiness = Readiness(desk, settings(), worker=worker, socket=None)
    found = await asyncio.gather(*(readiness.look() for _ in range(10)))
    assert {each["database"] for each in found} == {"does not answer"}
    assert asked == 1
    release.set()
    monkeypatch.setattr(health, "PATIENCE", timedelta(seconds=5))
    assert await readiness.look() == {"database": "ok", "slack": "ok", "worker": "ok"}
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert (await readiness.look())["worker"] == "stopped"


async def test_a_process_answers_for_what_it_does(desk: Desk) -> None:
    """A web process takes tickets whether a worker runs somewhere or not."""
    web = Readiness(desk, settings(ProcessRole.WEB), worker=None, socket=None)
    assert await web.look() == {"database": "ok", "slack": "ok"}
    working = asyncio.create_task(for_ever())
    worker = Readiness(desk, settings(ProcessRole.WORKER), worker=working, socket=None)
    assert await worker.look() == {"database": "ok", "worker": "ok"}
    working.cancel()
