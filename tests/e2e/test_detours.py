"""An answer whose thread is out of reach goes by direct message, once, and the card says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.sandbox import sample
from bot.sandbox.records import Message
from bot.sandbox.workspace import Workspace
from storage.tables import Delivery, Role, Status, Ticket, utcnow
from tests.e2e.story import Story, labels, wording

ANSWER = "It was a <mistake> of ours."


async def asked_and_carded(story: Story, text: str = "my salary is wrong") -> tuple[str, Message]:
    """Let Ana ask in #help and Ben claim it; return her message's ts and the card, all quiet."""
    asked = await story.posted(sample.HELP, text)
    await story.choose(sample.BEN, await story.card(says="Reply draft"), "Claim")
    await story.card(says="claimed by Ben Okafor")
    await story.settled()
    return asked, await story.card()


def by_direct_message(story: Story, user: str = sample.ANA) -> list[Message]:
    """Return what the bot posted in the person's direct messages."""
    return [each for each in story.seen(story.direct(user)) if each.bot_id]


def archived(workspace: Workspace, _asked: str) -> None:
    workspace.archive(sample.HELP)


def bot_removed(workspace: Workspace, _asked: str) -> None:
    workspace.kick(sample.HELP, workspace.bot.id)


def channel_gone(workspace: Workspace, _asked: str) -> None:
    del workspace.channels[sample.HELP]


def question_deleted(workspace: Workspace, asked: str) -> None:
    workspace.delete(sample.HELP, asked)


OUT_OF_REACH: list[tuple[Callable[[Workspace, str], None], str]] = [
    (archived, "the channel is archived"),
    (bot_removed, "the bot is not in that channel"),
    (channel_gone, "the bot is not in that channel, or it is gone"),
    (question_deleted, "the message that it belongs to was deleted"),
]


@pytest.mark.parametrize(
    ("happens", "why"), OUT_OF_REACH, ids=[happens.__name__ for happens, _ in OUT_OF_REACH]
)
async def test_a_thread_out_of_reach(
    scene: Story, happens: Callable[[Workspace, str], None], why: str
) -> None:
    asked, card = await asked_and_carded(scene)
    happens(scene.sandbox.workspace, asked)
    await scene.settled()
    await scene.answer_by_hand(sample.BEN, card, ANSWER)
    card = await scene.card(says=f"Sent by direct message:* {why}.")
    assert "Retry" not in labels(card)
    await scene.settled()
    [sent] = by_direct_message(scene)
    said = wording(sent)
    assert "An answer to your ticket #1" in said
    assert ANSWER in said
    assert "Ben Okafor" in said
    assert "&lt;mistake&gt;" in sent.text
    in_the_open = [each for each in scene.seen(sample.HELP) if not each.is_reply]
    assert [each.text for each in in_the_open if each.bot_id] == []
    [reply] = scene.answers()
    assert (reply.delivery, reply.detour) == (Delivery.SENT, why)


async def test_the_answer_repeats_a_short_question(scene: Story) -> None:
    _, card = await asked_and_carded(scene, "My badge <!channel>\nopens no door since noon.")
    scene.sandbox.workspace.archive(sample.HELP)
    await scene.answer_by_hand(sample.BEN, card, "Come by, please.")
    await scene.card(says="Sent by direct message")
    [sent] = by_direct_message(scene)
    assert "opens no door since noon." in wording(sent)
    assert "<!channel>" not in sent.text


async def test_what_is_written_below_a_direct_message_belongs_to_the_ticket(story: Story) -> None:
    """And is answered there, though the thread is within reach again: others would read it."""
    asked, card = await asked_and_carded(story)
    workspace = story.sandbox.workspace
    before = workspace.channel(sample.HELP)
    workspace.archive(sample.HELP)
    await story.answer_by_hand(sample.BEN, card, ANSWER)
    await story.card(says="Sent by direct message")
    await story.settled()
    [sent] = by_direct_message(story)
    place = story.direct(sample.ANA)
    await story.posted(place, "but my bonus is missing", thread_ts=sent.ts)
    card = await story.card(says="but my bonus is missing")
    [ticket] = story.tickets()
    assert ticket.status is Status.OPEN
    workspace.put_channel(before)
    await story.answer_by_hand(sample.BEN, card, "It comes in May.")
    await story.card(says="the requester wrote there last")
    await story.settled()
    [answer] = await story.replies(place, sent.ts, 1)
    assert "It comes in May." in wording(answer)
    await story.replies(sample.HELP, asked, 1)
    # What is written in the thread after that is answered in the thread.
    await story.posted(sample.HELP, "thanks, and when exactly?", thread_ts=asked)
    card = await story.card(says="and when exactly?")
    await story.answer_by_hand(sample.BEN, card, "On the 28th.")
    await story.replies(sample.HELP, asked, 2)
    await story.settled()
    assert len(by_direct_message(story)) == 2


async def test_a_direct_message_that_slack_took_without_saying_so_is_sent_once(
    scene: Story,
) -> None:
    """The thread is within reach again at the second try, and must not get it, too."""
    asked, card = await asked_and_carded(scene)
    scene.sandbox.faults.error("chat.postMessage", "is_archived")
    scene.sandbox.faults.drop_answer("chat.postMessage")
    await scene.answer_by_hand(sample.BEN, card, ANSWER)
    await scene.card(says="Sent by direct message")
    await scene.settled()
    assert len(by_direct_message(scene)) == 1
    await scene.replies(sample.HELP, asked, 1)


async def test_a_reply_that_landed_in_the_open_unnoticed_is_taken_back(scene: Story) -> None:
    """The process never heard that Slack posted it, and where."""
    asked, card = await asked_and_carded(scene)
    await scene.people.delete(sample.ANA, sample.HELP, asked)
    await scene.settled()
    scene.sandbox.faults.drop_answer("chat.postMessage")
    await scene.answer_by_hand(sample.BEN, card, ANSWER)
    await scene.card(says="Sent by direct message")
    await scene.settled()
    assert [each for each in scene.seen(sample.HELP) if not each.is_reply] == []
    assert len(by_direct_message(scene)) == 1


async def test_nobody_is_there_to_read_it(scene: Story) -> None:
    _, card = await asked_and_carded(scene)
    workspace = scene.sandbox.workspace
    ana = workspace.person(sample.ANA)
    workspace.archive(sample.HELP)
    workspace.put_person(replace(ana, deleted=True))
    await scene.answer_by_hand(sample.BEN, card, ANSWER)
    card = await scene.card(says="NOT DELIVERED")
    assert "the channel is archived" in wording(card)
    assert "by direct message: that person was deactivated" in wording(card)
    workspace.put_person(ana)
    await scene.click(sample.BEN, card, "retry_delivery")
    await scene.card(says="Sent by direct message")
    await scene.settled()
    assert len(by_direct_message(scene)) == 1


async def test_somebody_who_left_after_asking_by_command(scene: Story) -> None:
    """Slack would take a message to them, and say nothing."""
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "I need a new badge")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    workspace = scene.sandbox.workspace
    workspace.put_person(replace(workspace.person(sample.ANA), deleted=True))
    await scene.click(sample.BEN, card, "approve")
    card = await scene.card(says="NOT DELIVERED")
    assert wording(card).count("that person was deactivated") == 1
    await scene.settled()
    assert len(by_direct_message(scene)) == 1  # the receipt


async def test_a_receipt_that_was_deleted_takes_its_thread_along(scene: Story) -> None:
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "I need a new badge")
    card = await scene.card(says="Reply draft")
    receipt = await scene.receipt()
    await scene.settled()
    scene.sandbox.workspace.delete(receipt.channel, receipt.ts)
    await scene.answer_by_hand(sample.BEN, card, "It waits at the desk.")
    await scene.card(says="Sent by direct message:* the message that it belongs to was deleted")
    await scene.settled()
    [sent] = by_direct_message(scene)
    assert "I need a new badge" in wording(sent)


async def test_an_error_that_is_not_about_the_place_makes_no_detour(scene: Story) -> None:
    _, card = await asked_and_carded(scene)
    scene.sandbox.faults.error("chat.postMessage", "msg_too_long")
    await scene.answer_by_hand(sample.BEN, card, ANSWER)
    await scene.card(says="NOT DELIVERED")
    await scene.settled()
    assert by_direct_message(scene) == []


async def test_a_receipt_without_a_place_goes_by_direct_message_and_so_do_the_answers(
    scene: Story,
) -> None:
    """The bot was put out of the channel before it could say that it has the request."""
    scene.sandbox.faults.error("chat.postMessage", "not_in_channel")
    asked = await scene.posted(sample.HELP, "the fridge is warm")
    receipt = await scene.receipt()
    assert "fridge is warm" in wording(receipt)
    card = await scene.card(says="Reply draft")
    await scene.settled()
    await scene.click(sample.BEN, card, "approve")
    await scene.replies(receipt.channel, receipt.ts, 1)
    await scene.settled()
    assert len(by_direct_message(scene)) == 2
    assert scene.thread(sample.HELP, asked) == []
    receipt = await scene.receipt(says="Answered.")
    assert "fridge is warm" in wording(receipt)
    # Once the bot is back, what is said in the old thread is heard, too.
    await scene.posted(sample.HELP, "and it hums", thread_ts=asked)
    await scene.card(says="and it hums")
    await scene.settled()
    assert len(scene.tickets()) == 1
    assert [each.role for each in scene.said()].count(Role.REQUESTER) == 2


async def test_a_new_matter_below_a_direct_message(scene: Story) -> None:
    """Long after the ticket was closed: it opens another, and is answered where it was written."""
    _, card = await asked_and_carded(scene)
    scene.sandbox.workspace.archive(sample.HELP)
    await scene.answer_by_hand(sample.BEN, card, ANSWER)
    card = await scene.card(says="Sent by direct message")
    [sent] = by_direct_message(scene)
    await scene.click(sample.BEN, card, "resolve")
    await scene.settled()
    long_ago = utcnow() - timedelta(days=8)
    with scene.database.writing() as session:
        session.execute(update(Ticket).values(resolved_at=long_ago))
    await scene.posted(sent.channel, "my phone is broken", thread_ts=sent.ts)
    await scene.card(says="#2 My phone is broken")
    [receipt] = await scene.replies(sent.channel, sent.ts, 1)
    assert "Ticket #2" in receipt.text
    earlier, later = scene.tickets()
    assert (earlier.is_followed, later.follows_id) == (False, 1)
    await scene.posted(sent.channel, "it does not ring", thread_ts=sent.ts)
    await scene.card(says="it does not ring")
    await scene.settled()
    assert len(scene.tickets()) == 2
