"""Direct messages to the bot."""

import asyncio
from datetime import timedelta

from bot.sandbox import sample
from bot.sandbox.records import Message
from storage.tables import Role, Status
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


async def a_day_later(story: Story) -> None:
    """Let all that was said and done be longer ago than a ticket is meant for."""
    await story.settled()
    with story.database.writing() as session:
        for message in story.said():
            session.merge(message).created_at -= timedelta(hours=25)
        for ticket in story.tickets():
            if ticket.resolved_at is not None:
                session.merge(ticket).resolved_at = ticket.resolved_at - timedelta(hours=25)


async def test_an_old_ticket_takes_no_more(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    asked = await scene.posted(place, "my mouse is dead")
    await scene.replies(place, asked, 1)
    await a_day_later(scene)
    card = await scene.card()
    await scene.settled()
    await scene.posted(sample.TRIAGE, "looking", user=sample.BEN, thread_ts=card.ts)
    await scene.until(lambda: len(scene.said()) == 2)  # agents among themselves: not for Ana
    await scene.posted(place, "my chair is broken")
    await scene.until(lambda: len(scene.tickets()) == 2)
    await scene.command(sample.BEN, "resolve 2")
    await a_day_later(scene)
    await scene.posted(place, "my lamp is broken")
    await scene.until(lambda: len(scene.tickets()) == 3)


async def resolved(story: Story) -> str:
    """Have Ben resolve the only ticket, of which Ana writes in the direct message; its thread."""
    place = story.direct(sample.ANA)
    asked = await story.posted(place, "my mouse is dead")
    await story.replies(place, asked, 1)
    await story.command(sample.BEN, "resolve 1")
    await story.settled()
    return asked


async def test_thanks_after_the_resolution_get_a_reaction(scene: Story) -> None:
    await resolved(scene)
    place, workspace = scene.direct(sample.ANA), scene.sandbox.workspace
    with scene.database.writing() as session:  # it took a while, but was resolved just now
        for message in scene.said():
            session.merge(message).created_at -= timedelta(hours=25)
    thanks = await scene.posted(place, "thank you!")
    await scene.until(lambda: workspace.message(place, thanks).reactions)
    assert [each.status for each in scene.tickets()] == [Status.RESOLVED]
    assert scene.told(sample.ANA, place) == []


async def test_what_comes_after_the_resolution_takes_it_up_again(story: Story) -> None:
    """Unless it is another matter, as Ana says: then nothing is left to do in the first one."""
    asked = await resolved(story)
    place = story.direct(sample.ANA)
    also = await story.posted(place, "my badge is broken")
    await story.until(lambda: SPLIT in labels(thread_of(story, asked)[0]))
    assert [each.status for each in story.tickets()] == [Status.OPEN]
    await story.settled()
    await story.click(sample.ANA, thread_of(story, asked)[0], "split")
    await story.until(lambda: thread_of(story, also))
    await story.settled()
    first, second = story.tickets()
    assert (first.status, second.status) == (Status.RESOLVED, Status.NEW)
    assert "Resolved by Ana Alvarez" in thread_of(story, asked)[0].text


async def test_what_is_said_belongs_to_the_newest_ticket(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    asked = await scene.posted(place, "my mouse is dead")
    await scene.replies(place, asked, 1)
    await scene.posted(place, "my payslip is wrong")
    await scene.until(lambda: SPLIT in labels(thread_of(scene, asked)[0]))
    await scene.click(sample.ANA, thread_of(scene, asked)[0], "split")
    await scene.settled()
    await scene.command(sample.BEN, "resolve 2")
    await scene.settled()
    await scene.posted(place, "the payslip is still wrong")
    await scene.until(lambda: len(scene.said()) == 3)
    assert [each.ticket_id for each in scene.said()] == [1, 2, 2]
    assert [each.status for each in scene.tickets()] == [Status.NEW, Status.OPEN]


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
