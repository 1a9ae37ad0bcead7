"""What one author writes within two minutes is one request."""

import asyncio

import pytest
import time_machine

from bot.sandbox import sample
from bot.sandbox.ids import Timestamps
from storage.tables import utcnow
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, wording
from tests.fakes.openai_server import FakeOpenAI

TWO_MINUTES = 120


async def test_two_messages_are_one_ticket(open_story: OpenStory) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    asked = await story.posted(sample.HELP, "hello, I have a problem")
    also = await story.posted(sample.HELP, "the printer on floor 3 is jammed")
    await story.posted(sample.HELP, "cannot log in", user=sample.DEE)
    await story.until(lambda: len(story.tickets()) == 2)
    await story.card(says="printer on floor 3", which=0)
    await story.settled()
    assert [each.ticket_id for each in story.said()] == [1, 1, 2]
    newest = max(story.results(), key=lambda each: (each.ticket_id == 1, each.id))
    assert "printer" in newest.title + newest.summary
    assert newest.is_current
    [receipt] = await story.replies(sample.HELP, asked, 1)
    assert "Make it a new ticket" in labels(receipt)
    assert not [each for each in story.thread(sample.HELP, also) if each.bot_id]
    await story.posted(sample.HELP, "it says E4", thread_ts=also)
    await story.until(lambda: [each.ticket_id for each in story.said()] == [1, 1, 2, 1])
    await story.people.message_shortcut(sample.ANA, "make_ticket", sample.HELP, also)
    await story.heard(sample.ANA, sample.HELP, "This is ticket #1 already.")


async def test_the_triage_under_way_is_overtaken(open_story: OpenStory, model: FakeOpenAI) -> None:
    story = await open_story(group_window=TWO_MINUTES, openai_base_url=model.base_url)
    await story.posted(sample.HELP, "hello, I have a problem")
    await story.until(story.calls)
    await story.posted(sample.HELP, "the printer on floor 3 is jammed")
    await story.settled()
    assert len(story.tickets()) == 1
    [current] = [each for each in story.results() if each.is_current]
    last = max(each.id for each in story.calls())
    assert current.model_call_id == last
    assert "printer on floor 3" in str(model.asked[-1])


async def test_once_an_agent_answered_it_is_another_ticket(open_story: OpenStory) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.click(sample.BEN, card, "approve")
    await story.replies(sample.HELP, asked, 2)
    await story.posted(sample.HELP, "my badge is broken")
    await story.until(lambda: len(story.tickets()) == 2)


@pytest.mark.parametrize("end", ["resolve", "Not a ticket"])
async def test_what_is_closed_takes_no_more(open_story: OpenStory, end: str) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    if end == "resolve":
        await story.click(sample.BEN, card, end)
    else:
        await story.choose(sample.BEN, card, end)
    await story.posted(sample.HELP, "my badge is broken")
    await story.until(lambda: len(story.tickets()) == 2)


async def test_after_the_window_it_is_another_ticket(open_story: OpenStory) -> None:
    """Counted from the last message, by Slack's clock."""
    story = await open_story(group_window=TWO_MINUTES)
    workspace = story.sandbox.workspace
    start = utcnow()
    for seconds in (-300, -200, -100, 0):
        workspace.timestamps = Timestamps()
        with time_machine.travel(start.timestamp() + seconds, tick=False):
            workspace.post(sample.HELP, sample.ANA, f"message at {seconds}")
        await story.until(lambda: story.sandbox.delivery.under_way == 0)
    assert len(story.tickets()) == 1
    workspace.timestamps = Timestamps()
    with time_machine.travel(start.timestamp() + TWO_MINUTES + 1, tick=False):
        workspace.post(sample.HELP, sample.ANA, "too late")
    await story.until(lambda: len(story.tickets()) == 2)
    await story.settled()


async def test_what_agents_make_of_an_old_message_is_another_matter(open_story: OpenStory) -> None:
    """It comes between Ana's two lines, which are one request all the same."""
    story = await open_story(intake_channels="#help:emoji", group_window=TWO_MINUTES)
    workspace = story.sandbox.workspace
    with time_machine.travel(utcnow().timestamp() - 3_600, tick=False):
        old = workspace.post(sample.HELP, sample.ANA, "the lift is slow")
    workspace.timestamps = Timestamps()
    await story.posted(sample.HELP, "cannot log in :ticket:")
    await story.until(lambda: len(story.tickets()) == 1)
    await story.people.react(sample.BEN, sample.HELP, old.ts, "ticket")
    await story.until(lambda: len(story.tickets()) == 2)
    await story.posted(sample.HELP, "it says E4 :ticket:")
    await story.until(lambda: len(story.said()) == 3)
    await story.settled()
    assert [each.ticket_id for each in story.said()] == [1, 2, 1]


async def test_many_at_once_are_one_ticket(story: Story) -> None:
    """On both databases: the second one waits for the first."""
    await story.stop()
    story.settings = story.settings.model_copy(update={"group_window": TWO_MINUTES})
    await story.start()
    await asyncio.gather(*(story.posted(sample.HELP, f"problem {number}") for number in range(6)))
    await story.until(lambda: len(story.said()) == 6)
    await story.settled()
    assert len(story.tickets()) == 1
    assert len(story.cards()) == 1
    assert "problem" in wording(story.cards()[0])


async def test_agents_group_what_they_mark(open_story: OpenStory) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    await story.posted(sample.HELP, "my laptop is broken :ticket:", user=sample.BEN)
    await story.posted(sample.HELP, "lunch at noon, everybody", user=sample.BEN)
    await story.settled()
    assert [each.text for each in story.said()] == ["my laptop is broken :ticket:"]


async def test_taken_out_it_is_a_ticket_of_its_own(open_story: OpenStory) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    asked = await story.posted(sample.HELP, "the printer is jammed")
    also = await story.posted(sample.HELP, "and my badge is broken")
    await story.until(
        lambda: [m for m in story.thread(sample.HELP, asked) if "Make it a new ticket" in labels(m)]
    )
    [receipt] = await story.replies(sample.HELP, asked, 1)
    await story.click(sample.GUS, receipt, "split")
    await story.heard(sample.GUS, sample.HELP, "no ticket #1 among yours")
    await story.click(sample.ANA, receipt, "split")
    await story.replies(sample.HELP, also, 1)
    await story.settled()
    assert [each.raw_text for each in story.tickets()] == [
        "the printer is jammed",
        "and my badge is broken",
    ]
    assert not story.tickets()[1].private
