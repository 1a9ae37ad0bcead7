"""What a handover posts for whoever takes over is read by nobody who must not."""

import pytest
from sqlalchemy import select

from bot.sandbox import sample
from bot.sandbox.records import Message
from core.jobs import Kind
from storage.tables import Job, Role
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, wording
from tests.e2e.test_handover import answered, handed_over

SALARY = "It is 1234 instead of 4321."


def words(story: Story, channel: str) -> list[Message]:
    """Return what the bot posted there about the handover, as it stands now."""
    return [
        each for each in story.seen(channel) if each.bot_id and "handed ticket #1 over" in each.text
    ]


async def handed_to_general(story: Story) -> Message:
    """Hand a ticket over to #general; return its card."""
    card = await answered(story)
    await handed_over(story, card, to_channel=sample.GENERAL, own_words=SALARY)
    await story.settled()
    assert SALARY in wording(words(story, sample.GENERAL)[0])
    return story.cards()[-1]


def was_tried(story: Story) -> bool:
    """Whether the desk has tried in vain to tell whoever takes over."""
    query = select(Job.id).where(Job.kind == Kind.HANDED_OVER, Job.last_error.is_not(None))
    return bool(story.rows(lambda session: session.scalars(query).all()))


@pytest.mark.parametrize("to", [sample.GENERAL, sample.DEE])
async def test_what_became_private_is_not_told(open_private: OpenStory, to: str) -> None:
    """Slack is out of order until it is private; the card says that nobody was told, and why."""
    story = await open_private()
    card = await answered(story)
    addressee = {"to_person" if to == sample.DEE else "to_channel": to}
    story.sandbox.faults.fail("chat.postMessage", times=None)
    await handed_over(story, card, **addressee, own_words=SALARY)
    await story.until(lambda: was_tried(story))
    await story.choose(sample.BEN, card, "Make private")
    story.sandbox.faults.clear()
    await story.settled(40)
    card = await story.card(says="NOT TOLD:* the ticket is private now", channel=DISCREET)
    assert "they may not see it" in wording(card)
    assert words(story, to if to == sample.GENERAL else story.direct(to)) == []


async def test_whoever_sees_private_tickets_is_told_of_one(open_private: OpenStory) -> None:
    story = await open_private()
    card = await answered(story)
    await story.people.join(sample.CY, DISCREET, inviter=sample.BEN)
    story.sandbox.faults.fail("chat.postMessage", times=None)
    await handed_over(story, card, to_person=sample.CY, own_words=SALARY)
    await story.until(lambda: was_tried(story))
    await story.choose(sample.BEN, card, "Make private")
    story.sandbox.faults.clear()
    await story.settled(40)
    assert len(words(story, story.direct(sample.CY))) == 1
    await story.card(says="*Handed over*", without="NOT TOLD", channel=DISCREET)


async def test_make_private_takes_it_away(story: Story) -> None:
    card = await handed_to_general(story)
    await story.choose(sample.BEN, card, "Make private")
    await story.until(lambda: words(story, sample.GENERAL) == [])
    await story.settled()
    assert story.tickets()[0].handover_summary == SALARY


async def test_make_private_leaves_it_with_who_may_see_the_ticket(scene: Story) -> None:
    """Dee took it over first, who is no agent, and Cy afterwards."""
    card = await answered(scene)
    await handed_over(scene, card, to_person=sample.DEE, own_words=SALARY)
    card = await scene.card(says=f"to <@{sample.DEE}>")
    await handed_over(scene, card, to_person=sample.CY, own_words=SALARY)
    card = await scene.card(says=f"to <@{sample.CY}>")
    await scene.settled()
    assert words(scene, scene.direct(sample.DEE))
    await scene.choose(sample.BEN, card, "Make private")
    await scene.settled()
    assert words(scene, scene.direct(sample.DEE)) == []
    assert len(words(scene, scene.direct(sample.CY))) == 1


@pytest.mark.parametrize("becomes", ["private", "deleted"])
async def test_what_was_posted_unnoticed_goes_too(scene: Story, becomes: str) -> None:
    """Slack posted it and did not say so; meanwhile nobody is to read it any more."""
    card = await answered(scene)
    scene.sandbox.faults.drop_answer("chat.postMessage")
    scene.sandbox.faults.fail("conversations.history", times=None)
    await handed_over(scene, card, to_channel=sample.GENERAL, own_words=SALARY)
    await scene.until(lambda: words(scene, sample.GENERAL))
    if becomes == "private":
        await scene.choose(sample.BEN, card, "Make private")
    else:
        [asked] = [each for each in scene.seen(sample.HELP) if each.user == sample.ANA]
        await scene.people.delete(sample.ANA, sample.HELP, asked.ts)
        await scene.until(lambda: scene.tickets()[0].handover_summary is None)
    scene.sandbox.faults.clear()
    await scene.settled(40)
    assert words(scene, sample.GENERAL) == []


@pytest.mark.parametrize("becomes", ["private", "deleted"])
async def test_what_is_being_posted_at_that_moment_goes_too(scene: Story, becomes: str) -> None:
    asked = await scene.posted(sample.HELP, "my salary is wrong")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.slow("chat.postMessage", 1)
    await handed_over(scene, card, to_channel=sample.GENERAL, own_words=SALARY)
    await scene.until(lambda: not scene.sandbox.faults.rules)
    if becomes == "private":
        await scene.choose(sample.BEN, card, "Make private")
    else:
        await scene.people.delete(sample.ANA, sample.HELP, asked)
    await scene.until(lambda: words(scene, sample.GENERAL))
    await scene.settled()
    assert words(scene, sample.GENERAL) == []


async def test_who_deletes_a_message_deletes_what_repeats_it(scene: Story) -> None:
    await handed_to_general(scene)
    [asked] = [each for each in scene.seen(sample.HELP) if each.user == sample.ANA]
    await scene.people.delete(sample.ANA, sample.HELP, asked.ts)
    await scene.until(lambda: words(scene, sample.GENERAL) == [])
    await scene.settled()


async def test_what_people_say_below_it_is_no_part_of_the_conversation(scene: Story) -> None:
    await handed_to_general(scene)
    [word] = words(scene, sample.GENERAL)
    before = [each.text for each in scene.said()]
    await scene.posted(sample.GENERAL, "who takes it?", user=sample.DEE, thread_ts=word.ts)
    await scene.posted(sample.HELP, "done is this one", user=sample.DEE)
    await scene.until(lambda: len(scene.tickets()) == 2)
    await scene.settled()
    assert [each.text for each in scene.said()] == [*before, "done is this one"]
    [kept] = [each for each in scene.said() if each.role is Role.BOT]
    assert (kept.text, kept.ts) == ("", word.ts)
