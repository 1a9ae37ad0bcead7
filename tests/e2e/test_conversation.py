"""What people write where, and what they delete."""

from datetime import timedelta

import time_machine
from sqlalchemy import text

from bot.sandbox import sample
from bot.sandbox.ids import Timestamps
from storage.tables import Base, Status, utcnow
from tests.e2e.story import Story, labels, wording

PASSWORD = "hunter2-is-my-password"


async def test_a_message_reopens_what_was_resolved_and_thanks_do_not(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "resolve")
    await scene.card(says="Resolved")
    await scene.posted(sample.HELP, "thanks a lot!", thread_ts=asked)
    await scene.card(says="the requester wrote after that")
    assert scene.tickets()[0].status is Status.RESOLVED
    await scene.posted(sample.HELP, "no, still the same", thread_ts=asked)
    await scene.card(says="no, still the same")
    assert scene.tickets()[0].status is Status.OPEN
    await scene.until(lambda: "Open." in receipt_says(scene, asked))
    assert [event.surface for event in scene.audit("reopened")] == ["message"]


async def test_what_was_deleted_is_nowhere(story: Story) -> None:
    """Not in the title, not in what the triage made of it, not in any earlier text."""
    asked = await story.posted(sample.HELP, f"I cannot log in with {PASSWORD}")
    await story.card(says="Reply draft")
    await story.people.edit(sample.ANA, sample.HELP, asked, f"I cannot log in: {PASSWORD}")
    await story.card(says="edited after the triage")
    await story.people.delete(sample.ANA, sample.HELP, asked)
    card = await story.card(says="The requester deleted this request.")
    assert labels(card) == ["Reply", "Resolve"]
    assert PASSWORD not in wording(card) + card.text
    await story.settled()
    assert PASSWORD not in _everything(story)


def _everything(story: Story) -> str:
    """Every row of every table, as text."""
    found = []
    with story.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608
            found += [str(tuple(row)) for row in rows]
    return "\n".join(found)


async def test_an_answer_that_came_before_its_question(scene: Story) -> None:
    """Slack brings the question again after a while; what was said under it is not lost."""
    workspace, bot = scene.sandbox.workspace, scene.sandbox.workspace.bot.id
    workspace.kick(sample.HELP, bot)
    workspace.timestamps = Timestamps()
    with time_machine.travel(utcnow() - timedelta(seconds=90)):
        asked = workspace.post(sample.HELP, sample.ANA, "my screen is black")
        workspace.post(sample.HELP, sample.ANA, "since noon", thread_ts=asked.ts)
    workspace.invite(sample.HELP, bot)
    event = {
        "type": "message",
        "channel": sample.HELP,
        "channel_type": "channel",
        "user": sample.ANA,
        "text": asked.text,
        "ts": asked.ts,
    }
    assert scene.sandbox.events.send(event, subscription="message.channels")
    await scene.card(says="since noon")
    [ticket] = scene.tickets()
    assert (ticket.root_ts, ticket.raw_text) == (asked.ts, "my screen is black")


async def test_who_writes_to_the_bot_is_told_how_to_ask(scene: Story) -> None:
    channel = scene.direct(sample.ANA)
    await scene.posted(channel, "hello, my mouse is dead")
    await scene.heard(sample.ANA, channel, "/ticket")
    assert not scene.tickets()


async def test_a_private_answer_stands_where_the_click_was(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    [receipt] = await scene.replies(sample.HELP, asked, 1)
    await scene.click(sample.GUS, receipt, "resolve")
    await scene.heard(sample.GUS, sample.HELP, "no ticket #1 among yours")
    [told] = [each for each in scene.seen(sample.HELP, sample.GUS) if each.ephemeral_to]
    assert told.thread_ts == asked


async def test_an_answer_that_did_not_arrive_answers_nobody(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.error("chat.postMessage", "restricted_action")
    await scene.click(sample.BEN, card, "approve")
    card = await scene.card(says="NOT DELIVERED")
    await scene.until(lambda: "Ben Okafor is working on it" in receipt_says(scene, asked))
    await scene.click(sample.BEN, card, "retry_delivery")
    await scene.card(says="Sent:")
    await scene.until(lambda: "Ben Okafor answered" in receipt_says(scene, asked))


def receipt_says(scene: Story, asked: str) -> str:
    """Return the receipt's words; it is the first reply of the thread."""
    return scene.thread(sample.HELP, asked)[0].text
