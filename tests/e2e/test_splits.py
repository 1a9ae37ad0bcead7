"""What joined a ticket and is taken out of it leaves nothing behind there."""

import asyncio

from starlette.responses import Response

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, labels, wording
from tests.e2e.test_deletion import PASSWORD, everything, on_screen
from tests.e2e.test_private import standing
from tests.fakes.openai_behaviours import Asked, answer, triage
from tests.fakes.openai_server import FakeOpenAI

SPLIT = "Make it a new ticket"
TWO_MINUTES = 120


async def joined(story: Story) -> tuple[Message, str]:
    """Let Ana write two lines that become one ticket; the receipt, and where the second stands."""
    asked = await story.posted(sample.HELP, "the printer is jammed")
    await story.card(says="Reply draft")
    await story.settled()
    also = await story.posted(sample.HELP, f"my password is {PASSWORD}")
    await story.until(
        lambda: [each for each in story.thread(sample.HELP, asked) if SPLIT in labels(each)]
    )
    [receipt] = await story.replies(sample.HELP, asked, 1)
    return receipt, also


async def split(story: Story, receipt: Message) -> None:
    """Let Ana take the second line out."""
    await story.click(sample.ANA, receipt, "split")
    await story.settled()
    assert len(story.tickets()) == 2


async def test_what_was_made_of_it_goes_with_it(open_story: OpenStory) -> None:
    """The first ticket is triaged anew; deleted later, the line is nowhere."""
    story = await open_story(group_window=TWO_MINUTES)
    receipt, also = await joined(story)
    await story.settled()
    assert PASSWORD in "".join(each.summary for each in story.results())
    await split(story, receipt)
    first, second = story.cards()
    assert PASSWORD not in first.text + wording(first)
    assert labels(first) == ["Approve", "Reply", "Resolve"]
    assert PASSWORD in wording(second)
    await story.people.delete(sample.ANA, sample.HELP, also)
    await story.settled()
    assert PASSWORD not in everything(story)
    assert PASSWORD not in on_screen(story)


async def test_what_a_model_says_meanwhile_is_not_kept(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """Ana takes the line out while the model thinks about both."""
    story = await open_story(openai_base_url=model.base_url, group_window=TWO_MINUTES)
    thinking, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(request: Asked) -> Response:
        thinking.set()
        await go_on.wait()
        return await answer(triage)(request)

    model.will(answer(triage), slowly)
    receipt, _ = await joined(story)
    await thinking.wait()
    await story.click(sample.ANA, receipt, "split")
    await story.until(lambda: len(story.tickets()) == 2)
    go_on.set()
    await story.settled()
    of_the_first = [each for each in story.calls() if each.ticket_id == 1]
    assert [each.outcome for each in of_the_first] == ["answered"] * 3
    assert [each.answer is None for each in of_the_first] == [False, True, False]


async def test_its_copy_below_the_first_card_goes(open_private: OpenStory) -> None:
    """So that the new ticket can be made private."""
    story = await open_private(group_window=TWO_MINUTES)
    receipt, _ = await joined(story)
    first = story.cards()[0]
    await story.until(lambda: story.thread(sample.TRIAGE, first.ts))
    await story.settled()
    await split(story, receipt)
    assert story.thread(sample.TRIAGE, first.ts) == []
    second = story.cards()[1]
    assert story.thread(sample.TRIAGE, second.ts) == []  # the card shows it itself
    await story.choose(sample.BEN, second, "Make private")
    await story.card(says=PASSWORD, channel=DISCREET)
    await story.settled()
    assert [each.private for each in story.tickets()] == [False, True]
    assert PASSWORD not in standing(story, sample.TRIAGE)


async def test_a_copy_that_was_made_unnoticed_goes_too(open_story: OpenStory) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    asked = await story.posted(sample.HELP, "the printer is jammed")
    first = await story.card(says="Reply draft")
    await story.settled()
    faults = story.sandbox.faults
    faults.drop_answer("chat.postMessage", 1)
    faults.fail("conversations.replies", 1)
    await story.posted(sample.HELP, f"my password is {PASSWORD}")
    await story.until(lambda: story.thread(sample.TRIAGE, first.ts))
    [receipt] = await story.replies(sample.HELP, asked, 1)
    await story.until(lambda: SPLIT in labels(story.thread(sample.HELP, asked)[0]))
    await split(story, receipt)
    assert story.thread(sample.TRIAGE, first.ts) == []


async def test_a_copy_that_is_made_at_that_moment_goes_too(open_story: OpenStory) -> None:
    story = await open_story(group_window=TWO_MINUTES)
    asked = await story.posted(sample.HELP, "the printer is jammed")
    first = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.faults.slow("chat.postMessage", 1.5, times=1)
    await story.posted(sample.HELP, f"my password is {PASSWORD}")
    await story.until(lambda: SPLIT in labels(story.thread(sample.HELP, asked)[0]))
    await split(story, story.thread(sample.HELP, asked)[0])
    assert len(story.cards()) == 2
    assert story.thread(sample.TRIAGE, first.ts) == []
