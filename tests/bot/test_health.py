"""What is looked at, and that looking costs little."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest

from bot import health
from bot.health import Readiness
from core.desk import Desk
from storage import schema


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
    readiness = Readiness(desk, worker, None)
    found = await asyncio.gather(*(readiness.look() for _ in range(10)))
    assert {each["database"] for each in found} == {"does not answer"}
    assert asked == 1
    release.set()
    monkeypatch.setattr(health, "PATIENCE", timedelta(seconds=5))
    assert await readiness.look() == {"database": "ok", "slack": "ok", "worker": "ok"}
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert (await readiness.look())["worker"] == "stopped"
