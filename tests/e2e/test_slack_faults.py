"""Slack on a bad day: nothing is lost, nothing is posted twice, and somebody is told."""

import asyncio

import pytest

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from core.errors import ConfigurationError
from storage.tables import Delivery
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, wording
from tests.fakes.openai_failures import Hang
from tests.fakes.openai_server import FakeOpenAI


async def test_slack_cannot_tell_who_we_are_when_the_first_event_comes(scene: Story) -> None:
    scene.sandbox.faults.error("auth.test", "internal_error", None)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")


async def test_a_limit_and_an_error_delay_but_lose_nothing(scene: Story) -> None:
    faults = scene.sandbox.faults
    faults.ratelimit("chat.postMessage", 1, retry_after=3)
    faults.fail("chat.postMessage", 1, status=503)
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")
    await scene.replies(sample.HELP, asked, 1)
    await scene.settled()
    assert len(scene.cards()) == 1
    posts = scene.sandbox.traffic.calls("chat.postMessage")
    [limited] = [each for each in posts if each.status == "429"]
    again = next(
        each
        for each in posts
        if each.at > limited.at and each.payload["channel"] == limited.payload["channel"]
    )
    assert (again.at - limited.at).total_seconds() >= 3


async def test_what_slack_posted_without_saying_so_is_posted_once(scene: Story) -> None:
    """Receipt, card and answer: each answer breaks off after the message was posted."""
    faults = scene.sandbox.faults
    faults.drop_answer("chat.postMessage", 2)
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 1)
    card = await scene.card(says="Reply draft")
    assert len(scene.cards()) == 1
    faults.drop_answer("chat.postMessage", 1)
    await scene.click(sample.BEN, card, "approve")
    await scene.card(says="Sent:")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 2)
    assert len(scene.sandbox.traffic.calls("chat.postMessage")) == 3


async def test_an_archived_channel_is_told_on_the_card_and_can_be_retried(scene: Story) -> None:
    workspace = scene.sandbox.workspace
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    before = workspace.channel(sample.HELP)
    workspace.archive(sample.HELP)
    await scene.click(sample.BEN, card, "approve")
    card = await scene.card(says="NOT DELIVERED")
    assert "the channel is archived" in wording(card)
    assert "NOT DELIVERED" in card.text
    assert labels(card)[0] == "Retry"
    workspace.put_channel(before)
    await scene.click(sample.CY, card, "retry_delivery")
    await scene.card(says="Sent:")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 2)
    [reply] = scene.answers()
    assert reply.delivery is Delivery.SENT


async def test_the_bot_was_put_out_of_the_channel(scene: Story) -> None:
    workspace = scene.sandbox.workspace
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    workspace.kick(sample.HELP, workspace.bot.id)
    await scene.answer_by_hand(sample.BEN, card, "Try again, please.")
    card = await scene.card(says="NOT DELIVERED")
    assert "the bot is not in that channel" in wording(card)
    await scene.click(sample.BEN, card, "resolve")
    card = await scene.card(says="Resolved")
    assert "NOT DELIVERED" in wording(card)  # two lines hide no failure
    assert labels(card) == ["Reopen", "Retry"]
    workspace.invite(sample.HELP, workspace.bot.id)
    await scene.click(sample.BEN, card, "retry_delivery")
    await scene.card(says="Resolved", without="NOT DELIVERED")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 2)


async def test_an_answer_to_a_deleted_message_is_not_left_in_the_open(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "my salary is wrong")
    card = await scene.card(says="Reply draft")
    await scene.choose(sample.BEN, card, "Claim")
    await scene.settled()
    await scene.people.delete(sample.ANA, sample.HELP, asked)
    await scene.answer_by_hand(sample.BEN, card, "It was a mistake of ours.")
    card = await scene.card(says="NOT DELIVERED")
    assert "the message that it belongs to was deleted" in wording(card)
    await scene.settled()
    assert [each for each in scene.seen(sample.HELP) if not each.is_reply] == []


async def test_a_requester_who_cannot_be_reached(scene: Story) -> None:
    """Without a thread the answer needs a direct message, and this person takes none."""
    scene.sandbox.faults.error("conversations.open", "user_disabled", 2)
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "I need a new badge")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    await scene.click(sample.BEN, card, "approve")
    card = await scene.card(says="NOT DELIVERED")
    assert "that person was deactivated" in wording(card)
    await scene.settled()
    await scene.click(sample.BEN, card, "retry_delivery")
    await scene.card(says="Sent:")
    receipt = await scene.receipt()
    await scene.replies(scene.direct(sample.ANA), receipt.ts, 1)


async def test_a_card_that_somebody_deleted_comes_back(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.workspace.delete(sample.TRIAGE, card.ts)
    await scene.people.slash(sample.DEE, sample.HELP, "/ticket", "and my badge")
    await scene.until(lambda: len(scene.cards()) == 1)
    thread = scene.tickets()[0].root_ts
    await scene.posted(sample.HELP, "it says error 7", thread_ts=thread)
    await scene.until(lambda: any("error 7" in wording(each) for each in scene.cards()))
    await scene.settled()
    assert len(scene.cards()) == 2


async def test_a_card_that_was_posted_unnoticed_shows_what_came_after(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """The first try posted "under way" without knowing it; the second finds and updates that."""
    model.default = hang = Hang()
    story = await open_story(openai_base_url=model.base_url)
    story.sandbox.faults.drop_answer("chat.postMessage", 2)
    asked = await story.posted(sample.HELP, "cannot log in")
    await story.card(says="Triage under way")
    await story.until(lambda: story.thread(sample.HELP, asked))
    hang.release()
    await story.card(says="Reply draft")
    await story.settled()
    assert len(story.cards()) == 1
    await story.replies(sample.HELP, asked, 1)


async def test_a_name_that_slack_tells_late(scene: Story) -> None:
    scene.sandbox.faults.error("users.info", "internal_error")
    await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="From somebody")
    card = await scene.card(says="From Ana Alvarez")
    assert "from Ana Alvarez" in card.text


async def test_a_name_that_slack_tells_while_the_card_is_posted(scene: Story) -> None:
    scene.sandbox.faults.slow("chat.postMessage", 2.0, 2)
    scene.sandbox.faults.slow("users.info", 1.0)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="From Ana Alvarez")
    await scene.settled()


async def test_a_revoked_token_stops_the_desk_and_loses_nothing(
    sandbox: Sandbox, open_story: OpenStory
) -> None:
    story = await open_story()
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    sandbox.faults.revoke_token("token_revoked")
    await story.click(sample.BEN, card, "approve")
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN") as stopped:
        await story.ended()
    assert "\n" not in str(stopped.value)
    assert "token_revoked" in str(stopped.value)
    sandbox.faults.clear()
    await story.start()
    await story.replies(sample.HELP, asked, 2)
    await story.card(says="Sent:")
    await story.settled()
    await story.replies(sample.HELP, asked, 2)


async def test_a_scope_that_was_taken_away(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.error("chat.postMessage", "missing_scope")
    await scene.click(sample.BEN, card, "approve")
    card = await scene.card(says="NOT DELIVERED")
    assert "lacks the scope" in wording(card)
    assert "manifest.yml" in wording(card)
    await scene.click(sample.BEN, card, "retry_delivery")
    await scene.replies(sample.HELP, asked, 2)


async def test_a_form_that_slack_does_not_open(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    scene.sandbox.faults.error("views.open", "expired_trigger_id")
    outcome = await scene.click(sample.BEN, card, "reply")
    assert outcome.acked
    await scene.heard(sample.BEN, sample.TRIAGE, "did not open the form in time")


async def test_twenty_at_once(story: Story) -> None:
    """A lane and a pace each, and every one gets its receipt and its card."""
    texts = [f"laptop {number} is broken" for number in range(20)]
    asked = await asyncio.gather(*(story.posted(sample.HELP, text) for text in texts))
    await story.settled(60)
    assert len(story.cards()) == len(texts)
    for ts in asked:
        await story.replies(sample.HELP, ts, 1)
    assert story.sandbox.traffic.rate_limited == []


async def test_a_bot_that_comes_back_to_triage_posts_what_is_missing(scene: Story) -> None:
    workspace, bot = scene.sandbox.workspace, scene.sandbox.workspace.bot.id
    workspace.kick(sample.TRIAGE, bot)
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.replies(sample.HELP, asked, 1)
    await scene.settled()
    assert not scene.cards()
    workspace.invite(sample.TRIAGE, bot)
    await scene.card(says="Reply draft")


async def test_a_start_posts_the_cards_that_an_earlier_run_could_not(scene: Story) -> None:
    scene.sandbox.faults.error("chat.postMessage", "restricted_action", None)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.until(lambda: scene.tickets() and scene.tickets()[0].category)
    await scene.settled()
    await scene.stop()
    scene.sandbox.faults.clear()
    await scene.start()
    await scene.card(says="Reply draft")
