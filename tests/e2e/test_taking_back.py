"""An answer that was sent by mistake is taken back, and the requester hears of it once."""

import asyncio

import pytest

from bot.sandbox import sample
from bot.sandbox.records import Change, Message
from storage.tables import Delivery, Status
from tests.e2e.story import Story, labels, menu, option, wording

MISTAKE = "Your salary is 4,200 a month."
TOLD = "Ben Okafor took back an answer to ticket #1."


async def sent(story: Story) -> tuple[str, Message]:
    """Have Ana ask and Ben send the mistake; return the thread's ts and the card."""
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.answer_by_hand(sample.BEN, card, MISTAKE)
    card = await story.card(says="Sent:")
    await story.settled()
    return asked, story.cards()[-1]


def thread_says(story: Story, asked: str) -> list[str]:
    """Return what stands under the question, but for the receipt."""
    return [each.text for each in story.thread(sample.HELP, asked)[1:]]


async def test_an_answer_is_deleted_recorded_and_the_requester_told(story: Story) -> None:
    asked, card = await sent(story)
    assert "Not a ticket" not in menu(card)
    answered_at = story.tickets()[0].first_response_at
    await story.choose(sample.BEN, card, "Take back")
    await story.card(says="*Taken back* by Ben Okafor")
    await story.settled()
    card = story.cards()[-1]
    assert MISTAKE in wording(card)
    assert "Taken back by Ben Okafor" in card.text
    [told] = thread_says(story, asked)
    assert TOLD in told
    assert "Ben Okafor is working on it" in story.thread(sample.HELP, asked)[0].text
    [ticket], [reply] = story.tickets(), story.answers()
    assert ticket.status is Status.OPEN
    assert ticket.first_response_at == answered_at
    assert (reply.text, reply.delivery) == (MISTAKE, Delivery.SENT)
    assert reply.taken_back_at is not None
    [event] = story.audit("taken_back")
    assert (event.actor_id, event.details) == (reply.taken_back_by_id, {"reply_id": reply.id})
    assert MISTAKE not in [each.text for each in story.said()]
    # The draft, which was there before the mistake, is there again.
    assert labels(card) == ["Approve", "Reply", "Resolve"]
    assert {"Take back", "Not a ticket"}.isdisjoint(menu(card))
    await story.click(sample.BEN, card, "approve")
    await story.card(says="*Sent:*")


async def test_the_second_of_two_agents_is_told(scene: Story) -> None:
    asked, card = await sent(scene)
    await asyncio.gather(
        scene.choose(sample.BEN, card, "Take back"), scene.choose(sample.CY, card, "Take back")
    )
    await scene.card(says="*Taken back*")
    await scene.settled()
    told = scene.told(sample.BEN, sample.TRIAGE) + scene.told(sample.CY, sample.TRIAGE)
    assert len(told) == 1
    assert "took this answer back" in told[0]
    assert len(thread_says(scene, asked)) == 1
    assert len(scene.audit("taken_back")) == 1


async def test_only_agents_take_back(scene: Story) -> None:
    asked, card = await sent(scene)
    value = option(card, "Take back")
    workspace = scene.sandbox.workspace
    workspace.invite(sample.TRIAGE, sample.GUS)
    await scene.settled()
    await scene.click(sample.GUS, card, "more", value=value)
    await scene.heard(sample.GUS, sample.TRIAGE, "Only agents can do this")
    assert thread_says(scene, asked) == [f"{MISTAKE}\nBen Okafor · ticket #1"]


async def test_what_was_not_sent_yet_never_is(scene: Story) -> None:
    """Slack is away when the answer is approved; nobody needs to be told."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.fail("chat.postMessage", times=2)
    await scene.answer_by_hand(sample.BEN, card, MISTAKE)
    card = await scene.card(says="Approved, not yet sent")
    await scene.choose(sample.BEN, card, "Take back")
    await scene.card(says="*Taken back before it was sent* by Ben Okafor")
    await scene.settled()
    assert thread_says(scene, asked) == []
    assert scene.tickets()[0].first_response_at is None


async def test_taken_back_at_the_very_moment_it_is_sent(scene: Story) -> None:
    """Slack has the answer, the desk does not know it yet."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.slow("chat.postMessage", 0.7)
    await scene.answer_by_hand(sample.BEN, card, MISTAKE)
    await scene.until(lambda: len(scene.thread(sample.HELP, asked)) > 1)
    card = await scene.card(says="Approved, not yet sent")
    await scene.choose(sample.BEN, card, "Take back")
    await scene.card(says="*Taken back* by Ben Okafor")
    await scene.settled()
    [told] = thread_says(scene, asked)
    assert TOLD in told


async def test_sent_but_the_desk_never_heard_that_it_was(scene: Story) -> None:
    """Slack posted it and did not say so; the delivery is still to be repeated."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.drop_answer("chat.postMessage")
    await scene.answer_by_hand(sample.BEN, card, MISTAKE)
    card = await scene.card(says="Approved, not yet sent")
    await scene.until(lambda: len(scene.thread(sample.HELP, asked)) > 1)
    await scene.choose(sample.BEN, card, "Take back")
    await scene.card(says="*Taken back* by Ben Okafor")
    await scene.settled()
    [told] = thread_says(scene, asked)
    assert TOLD in told


@pytest.mark.parametrize("method", ["chat.delete", "chat.postMessage"])
async def test_interrupted_in_between_it_is_finished_once(scene: Story, method: str) -> None:
    asked, card = await sent(scene)
    scene.sandbox.faults.drop_answer(method)
    told = 0

    def count(change: Change) -> None:
        nonlocal told
        told += change.kind == "message" and change.channel == sample.HELP

    with scene.sandbox.workspace.changes.observed_by(count):
        await scene.choose(sample.BEN, card, "Take back")
        await scene.card(says="*Taken back* by Ben Okafor")
        await scene.settled()
    assert told == 1
    assert len(thread_says(scene, asked)) == 1


async def test_what_somebody_deleted_by_hand_a_moment_ago(scene: Story) -> None:
    asked, card = await sent(scene)
    scene.sandbox.faults.error("chat.delete", "message_not_found")
    await scene.choose(sample.BEN, card, "Take back")
    await scene.card(says="*Taken back* by Ben Okafor")
    await scene.settled()
    assert TOLD in thread_says(scene, asked)[-1]


async def test_where_the_question_is_gone_the_requester_is_told_directly(scene: Story) -> None:
    asked, card = await sent(scene)
    await scene.people.delete(sample.ANA, sample.HELP, asked)
    card = await scene.card(says="The requester deleted this request")
    await scene.settled()
    await scene.choose(sample.BEN, card, "Take back")
    place = scene.direct(sample.ANA)
    await scene.until(lambda: any(TOLD in each.text for each in scene.seen(place)))
    await scene.settled()
    assert MISTAKE not in [each.text for each in scene.seen(sample.HELP)]
    assert "could not be deleted" not in wording(scene.cards()[-1])


async def test_the_bot_cannot_take_back_what_an_agent_wrote_in_the_thread(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")
    await scene.posted(sample.HELP, "Try again.", user=sample.BEN, thread_ts=asked)
    card = await scene.card(says="Answered in the thread")
    assert {"Take back", "Not a ticket"}.isdisjoint(menu(card))


async def test_the_card_says_what_could_not_be_deleted(scene: Story) -> None:
    _, card = await sent(scene)
    scene.sandbox.faults.error("chat.delete", "cant_delete_message")
    await scene.choose(sample.BEN, card, "Take back")
    await scene.card(says="but the requester may still see it:* Slack refused chat.delete")
