"""Connections to Slack that die without a word: another one takes their place."""

import asyncio
from datetime import timedelta

import pytest

from bot import socket
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story


def shorten(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(socket, name, timedelta(seconds=1))


async def asked_and_answered(story: Story) -> None:
    await story.posted(sample.HELP, "cannot log in")
    await story.card(says="Reply draft")
    await story.settled()
    assert len(story.tickets()) == len(story.cards()) == 1


async def test_a_line_that_is_cut(open_story: OpenStory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing closes it; that no ping is answered shows it."""
    shorten(monkeypatch, "PING")
    story = await open_story()
    story.sandbox.sockets.fall_silent()
    await asked_and_answered(story)
    await story.until(lambda: story.sandbox.sockets.connected == 1)


async def test_a_connection_that_answers_pings_and_brings_nothing(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "QUIET")
    story = await open_story()
    story.sandbox.sockets.fall_silent(answering_pings=True)
    await asked_and_answered(story)
    await story.until(lambda: story.sandbox.sockets.connected == 1)


async def test_an_address_that_slack_takes_no_more(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is good for one connection; the SDK would try the same one for ever."""
    shorten(monkeypatch, "PING")
    shorten(monkeypatch, "CONNECTING")
    story = await open_story()
    story.sandbox.sockets.refuse()
    await story.sandbox.sockets.drop()
    await story.until(lambda: story.sandbox.sockets.connected == 1)
    await asked_and_answered(story)


async def test_an_address_that_slack_never_took(
    sandbox: Sandbox, open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "CONNECTING")
    sandbox.sockets.refuse()
    story = await open_story()
    await asked_and_answered(story)


async def test_what_is_under_way_is_acknowledged_before_its_connection_goes(
    open_story: OpenStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "QUIET")
    story = await open_story()
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    opened = len(story.sandbox.traffic.calls("apps.connections.open"))
    with story.database.writing():  # another process writes, and the click waits for it
        clicked = asyncio.create_task(story.click(sample.BEN, card, "resolve"))
        await story.until(
            lambda: len(story.sandbox.traffic.calls("apps.connections.open")) > opened
        )
    assert (await clicked).acked
