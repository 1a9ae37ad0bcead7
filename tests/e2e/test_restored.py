"""After a restore, Slack shows what the desk knows, and nothing twice."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import SLACK_TIMEOUT
from bot.posting import Poster
from bot.sandbox import sample
from core import restoring
from core.worker import Worker
from tests.e2e.conftest import OpenStory
from tests.e2e.test_backup import bring_back, keep


async def test_a_call_that_is_under_way_is_waited_for(
    open_story: OpenStory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job is free again after the restore, but what it says has not come to Slack yet."""
    monkeypatch.setattr(restoring, "UNDER_WAY", timedelta(seconds=5))
    file, story = tmp_path / "desk.db", await open_story()
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    called, arrives, call = asyncio.Event(), asyncio.Event(), Poster.call

    async def late(poster: Poster, method: Any, **arguments: Any) -> dict[str, Any]:
        if method.__name__ == "chat_postMessage" and not called.is_set():
            called.set()
            await arrives.wait()
        return await call(poster, method, **arguments)

    monkeypatch.setattr(Poster, "call", late)
    with monkeypatch.context() as idle:
        idle.setattr(Worker, "_free_kinds", lambda _: [])
        await story.click(sample.BEN, card, "approve")
        await asyncio.to_thread(keep, story, file)
    await called.wait()
    await asyncio.to_thread(bring_back, story, file)
    # Whatever needs not wait is done; the desk takes such an answer before it takes this.
    await story.posted(sample.HELP, "the screen flickers", user=sample.DEE)
    await story.card(says="Reply draft")
    arrives.set()
    await story.until(lambda: story.answers()[0].sent_at is not None)
    await story.settled()
    await story.replies(sample.HELP, asked, 2)  # the receipt and the answer


def test_no_call_takes_longer_than_is_waited_for() -> None:
    assert SLACK_TIMEOUT.total is not None
    assert timedelta(seconds=SLACK_TIMEOUT.total) < restoring.UNDER_WAY
