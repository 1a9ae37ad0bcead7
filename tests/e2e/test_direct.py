"""Direct messages to the bot."""

import asyncio
from datetime import timedelta

from bot.sandbox import sample
from bot.sandbox.records import Message
from storage.tables import Role, Status, utcnow
from tests.e2e.story import Story, labels

SPLIT = "Make it a new ticket"


def thread_of(story: Story, ts: str) -> list[Message]:
    """What the bot wrote under Ana's message."""
    return [each for each in story.thread(story.direct(sample.ANA), ts) if each.bot_id]


async def test_a_direct_message_is_a_private_ticket(story: Story) -> None:
    place = story.direct(sample.ANA)
    asked = await story.posted(place, "my mouse is dead")
    [receipt] = await story.replies(place, asked, 1)
    assert receipt.text == "Ticket #1 · We have it. You will be answered in this thread."
    [ticket] = story.tickets()
    assert (ticket.source, ticket.private, ticket.root_ts) == ("direct", True, asked)
    await story.posted(place, "the red one", thread_ts=asked)
    await story.until(lambda: len(story.said()) == 2)
    assert labels(thread_of(story, asked)[0]) == ["Resolve"]
    await story.settled()


async def test_what_is_said_next_joins_it_and_can_be_taken_out(story: Story) -> None:
    place = story.direct(sample.ANA)
    asked = await story.posted(place, "my mouse is dead")
    await story.replies(place, asked, 1)
    also = await story.posted(place, "and my badge is broken")
    await story.until(lambda: SPLIT in labels(thread_of(story, asked)[0]))
    assert [(each.ticket_id, each.role) for each in story.said()] == [(1, Role.REQUESTER)] * 2
    await story.posted(place, "the blue one", thread_ts=also)
    await story.until(lambda: len(story.said()) == 3)
    assert len(story.tickets()) == 1
    receipt = thread_of(story, asked)[0]
    await story.click(sample.ANA, receipt, "split")
    [second] = await story.replies(place, also, 1)
    assert "Ticket #2" in second.text
    assert story.tickets()[1].private
    await story.until(lambda: labels(thread_of(story, asked)[0]) == ["Resolve"])
    assert [each.text for each in story.said() if each.ticket_id == 2] == ["and my badge is broken"]
    await story.posted(place, "any news?", thread_ts=also)
    await story.until(lambda: [each.ticket_id for each in story.said()][-1] == 2)
    await story.settled()
    assert len(story.cards()) == 2


async def test_two_clicks_take_it_out_once(story: Story) -> None:
    place = story.direct(sample.ANA)
    asked = await story.posted(place, "my mouse is dead")
    await story.replies(place, asked, 1)
    await story.posted(place, "and my badge is broken")
    await story.until(lambda: SPLIT in labels(thread_of(story, asked)[0]))
    receipt = thread_of(story, asked)[0]
    await asyncio.gather(*(story.click(sample.ANA, receipt, "split") for _ in range(2)))
    await story.heard(sample.ANA, place, "a ticket of its own already")
    await story.settled()
    assert len(story.tickets()) == 2


async def test_thanks_alone_are_no_request(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    await scene.posted(place, "thanks a lot :tada:")
    await scene.heard(sample.ANA, place, "You are welcome!")
    assert scene.tickets() == []
    asked = await scene.posted(place, "my mouse is dead")
    await scene.replies(place, asked, 1)
    await scene.posted(place, "thank you")
    await scene.until(lambda: len(scene.said()) == 2)
    assert len(scene.tickets()) == 1


async def test_a_resolved_ticket_or_an_old_one_takes_no_more(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    asked = await scene.posted(place, "my mouse is dead")
    [receipt] = await scene.replies(place, asked, 1)
    await scene.click(sample.ANA, receipt, "resolve")
    await scene.until(lambda: scene.tickets()[0].status is Status.RESOLVED)
    await scene.posted(place, "my badge is broken")
    await scene.until(lambda: len(scene.tickets()) == 2)
    await scene.settled()
    with scene.database.writing() as session:
        for message in scene.said():
            session.merge(message).created_at = utcnow() - timedelta(hours=25)
    await scene.posted(place, "my chair is broken")
    await scene.until(lambda: len(scene.tickets()) == 3)


async def test_somebody_else_s_ticket_is_not_joined(scene: Story) -> None:
    await scene.posted(scene.direct(sample.ANA), "my mouse is dead")
    await scene.posted(scene.direct(sample.DEE), "my badge is broken", user=sample.DEE)
    await scene.until(lambda: len(scene.tickets()) == 2)
    await scene.people.slash(sample.GUS, sample.HELP, "/ticket", "my wifi")
    await scene.posted(scene.direct(sample.GUS), "and my phone", user=sample.GUS)
    await scene.until(
        lambda: [each.source for each in scene.tickets()][2:] == ["command", "direct"]
    )


async def test_a_reply_where_no_ticket_is(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    hello = await scene.posted(place, "thanks!")
    await scene.posted(place, "my mouse is dead", thread_ts=hello)
    await scene.heard(sample.ANA, place, "outside of the thread")
    assert scene.tickets() == []


async def test_what_agents_write_to_the_bot_is_a_request_too(scene: Story) -> None:
    await scene.posted(scene.direct(sample.BEN), "my own mouse is dead", user=sample.BEN)
    await scene.until(lambda: len(scene.tickets()) == 1)


async def test_an_event_that_comes_again_joins_once(story: Story) -> None:
    place = story.direct(sample.ANA)
    await story.posted(place, "my mouse is dead")
    story.sandbox.faults.lose_ack("message", 2)
    await story.posted(place, "and my badge is broken")
    await story.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.settled()
    assert len(story.said()) == 2
    assert len(story.tickets()) == 1
