"""After a restore, Slack shows what the desk knows, and nothing twice."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import SLACK_TIMEOUT
from bot.posting import Poster
from bot.sandbox import sample
from bot.sandbox.records import Message
from core.worker import Worker
from storage.repositories import jobs
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording
from tests.e2e.test_backup import bring_back, keep


async def test_a_call_that_is_under_way_is_waited_for(
    open_story: OpenStory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job is free again after the restore, but what it says has not come to Slack yet."""
    monkeypatch.setattr(jobs, "UNDER_WAY", timedelta(seconds=5))
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
        idle.setattr(Worker, "_room", lambda _: ([], 0))
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
    assert timedelta(seconds=SLACK_TIMEOUT.total) < jobs.UNDER_WAY


async def test_a_receipt_says_what_the_desk_knows(scene: Story, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    before = receipt(scene, asked)
    await asyncio.to_thread(keep, scene, file)
    await scene.click(sample.BEN, card, "resolve")
    await scene.settled()
    assert receipt(scene, asked) != before
    await asyncio.to_thread(bring_back, scene, file)
    await scene.until(lambda: receipt(scene, asked) == before)


def receipt(story: Story, asked: str) -> str:
    """Return what the first answer in the thread says now."""
    said: list[Message] = [each for each in story.thread(sample.HELP, asked) if each.bot_id]
    return wording(said[0])


async def test_what_was_reopened_since_shows_as_resolved(scene: Story, tmp_path: Path) -> None:
    """The desk knows nothing of that; who looks at the card sees so, and can do it again."""
    file = tmp_path / "desk.db"
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "resolve")
    await scene.settled()
    shown = wording(scene.cards()[0])
    await asyncio.to_thread(keep, scene, file)
    await scene.command(sample.BEN, "reopen 1")
    await scene.settled()
    assert wording(scene.cards()[0]) != shown
    await asyncio.to_thread(bring_back, scene, file)
    await scene.until(lambda: wording(scene.cards()[0]) == shown)
