"""Requesters hear of answers, questions and resolution, and of nothing else."""

import pytest

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, option, wording
from tests.fakes.openai_server import FakeOpenAI

RESOLVED = "Resolved by Ben Okafor. Write here if it comes back."


def posts(story: Story, place: str) -> list[str]:
    """Return what was posted there, which Slack notifies people of; updates notify nobody."""
    calls = story.sandbox.traffic.calls("chat.postMessage")
    return [each.payload["text"] for each in calls if each.payload["channel"] == place]


async def test_a_whole_story_says_three_things(open_story: OpenStory, model: FakeOpenAI) -> None:
    """The receipt, the answer, and that it was resolved. All else is seen by who looks."""
    story = await open_story(openai_base_url=model.base_url)
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.choose(sample.BEN, card, "Claim")
    card = await story.card(says="claimed by Ben Okafor")
    await story.click(sample.BEN, card, "priority", value=option(card, "Urgent"))
    await story.click(sample.BEN, card, "category", value=option(card, "Network & VPN"))
    await story.people.edit(sample.ANA, sample.HELP, asked, "cannot log in to the VPN")
    await story.settled()
    await story.choose(sample.BEN, await story.card(says="claimed by Ben"), "Regenerate")
    await story.settled()
    await story.answer_by_hand(sample.BEN, await story.card(), "Try again, please.")
    await story.card(says="Sent:")
    await story.click(sample.BEN, await story.card(), "resolve")
    card = await story.card(says="Resolved")
    await story.settled()
    await story.click(sample.CY, card, "reopen")
    await story.card(without="Resolved")
    await story.settled()
    receipt, answer, resolved = posts(story, sample.HELP)
    assert "Ticket #1" in receipt
    assert "Try again, please." in answer
    assert resolved == RESOLVED
    assert posts(story, story.direct(sample.ANA)) == []
    assert not story.sandbox.traffic.calls("chat.postEphemeral")


async def test_each_resolution_is_told_once(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.faults.drop_answer("chat.postMessage")
    await story.click(sample.BEN, card, "resolve")
    await story.click(sample.BEN, card, "resolve")
    card = await story.card(says="Resolved")
    await story.settled()
    await story.click(sample.BEN, card, "reopen")
    card = await story.card(without="Resolved")
    await story.click(sample.BEN, card, "resolve")
    await story.settled()
    told = [each.text for each in story.thread(sample.HELP, asked) if each.bot_id][1:]
    assert told == [RESOLVED, RESOLVED]


async def test_what_was_reopened_at_once_is_not_told(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.fail("chat.postMessage", 1)
    await scene.click(sample.BEN, card, "resolve")
    await scene.click(sample.BEN, await scene.card(says="Resolved"), "reopen")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 1)


@pytest.mark.parametrize("user", [sample.ANA, sample.BEN])
async def test_who_resolves_their_own_is_not_told(scene: Story, user: str) -> None:
    await scene.people.slash(user, sample.GENERAL, "/ticket", "cannot log in")
    receipt = await scene.receipt(user)
    await scene.click(user, receipt, "resolve")
    await scene.card(says="Resolved")
    await scene.settled()
    assert scene.thread(receipt.channel, receipt.ts) == []


async def test_a_resolution_past_the_thread(scene: Story) -> None:
    """It says which ticket it is about; who answers below it reopens that."""
    await scene.posted(sample.HELP, "my salary <!channel> is wrong")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.workspace.archive(sample.HELP)
    await scene.click(sample.BEN, card, "resolve")
    place = scene.direct(sample.ANA)
    [told] = await scene.until(lambda: bot_messages(scene, place))
    await scene.settled()
    assert "Ticket #1" in wording(told)
    assert "My salary is wrong" in wording(told)
    assert RESOLVED in wording(told)
    assert "<!channel>" not in told.text
    await scene.posted(place, "no, still the same", thread_ts=told.ts)
    await scene.card(says="no, still the same")


def bot_messages(story: Story, place: str) -> list[Message]:
    return [each for each in story.seen(place) if each.bot_id]


async def test_who_opens_a_ticket_for_somebody_else_learns_its_number(scene: Story) -> None:
    """Once, privately; the receipt is the requester's, and the card names both."""
    await scene.people.slash(sample.DEE, sample.GENERAL, "/ticket")
    values = {"title": "Broken <badge>", "details": "Ana's", "on_behalf_of": sample.ANA}
    scene.sandbox.faults.drop_answer("chat.postMessage", 2)
    await scene.submit(sample.DEE, **values)
    card = await scene.card(says="opened by Dee Nakamura")
    assert "From Ana Alvarez" in wording(card)
    await scene.settled()
    [told] = bot_messages(scene, scene.direct(sample.DEE))
    assert f"You opened ticket #1 for <@{sample.ANA}>" in wording(told)
    assert "Broken &lt;badge&gt;" in told.text
    assert len(bot_messages(scene, scene.direct(sample.ANA))) == 1
