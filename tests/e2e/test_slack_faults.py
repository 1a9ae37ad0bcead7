"""Slack on a bad day: nothing is lost, nothing is posted twice, and somebody is told."""

import asyncio

import pytest
from sqlalchemy import select

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from core.errors import ConfigurationError
from storage.tables import Delivery, Job, JobState
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


async def test_a_failed_job_blocks_no_other_ticket(scene: Story) -> None:
    """Neither what is tried again nor what was given up, though all share their channels."""
    faults = scene.sandbox.faults
    faults.fail("chat.postMessage", 1)
    faults.error("chat.postMessage", "invalid_blocks", 1)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.until(lambda: len(scene.sandbox.traffic.calls("chat.postMessage")) >= 2)
    second = await scene.posted(sample.HELP, "the printer jams", user=sample.DEE)
    await scene.replies(sample.HELP, second, 1)
    await scene.card(says="From Dee")
    of_the_first = select(Job.state).where(Job.ticket_id == 1)
    states = scene.rows(lambda session: session.scalars(of_the_first).all())
    assert JobState.FAILED in states, "nothing was given up"


async def test_two_lines_hide_no_failure(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.error("chat.postMessage", "msg_too_long")
    await scene.answer_by_hand(sample.BEN, card, "Try again, please.")
    card = await scene.card(says="NOT DELIVERED")
    assert "Slack refused chat.postMessage" in wording(card)
    assert "NOT DELIVERED" in card.text
    assert labels(card)[0] == "Retry"
    await scene.click(sample.BEN, card, "resolve")
    card = await scene.card(says="Resolved")
    assert "NOT DELIVERED" in wording(card)
    assert labels(card) == ["Reopen", "Retry"]
    await scene.settled()
    await scene.click(sample.CY, card, "retry_delivery")
    await scene.card(says="Resolved", without="NOT DELIVERED")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 3)
    [reply] = scene.answers()
    assert reply.delivery is Delivery.SENT


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


async def test_a_card_that_somebody_deleted_comes_back(story: Story) -> None:
    """At once, though nothing else happens to its ticket; and its buttons work."""
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.workspace.post(sample.TRIAGE, sample.CY, "looks odd", thread_ts=card.ts)
    story.sandbox.workspace.delete(sample.TRIAGE, card.ts)
    again = await story.card(says="Reply draft")
    assert again.ts != card.ts
    await story.settled()
    assert len(story.cards()) == 1
    await story.click(sample.BEN, again, "approve")
    await story.replies(sample.HELP, asked, 2)


async def test_a_card_that_was_deleted_while_nobody_looked_comes_back(scene: Story) -> None:
    """Its deletion was never told; a mark of it may be left that is not the bot's."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.error("chat.update", "cant_update_message", 2)
    await scene.posted(sample.HELP, "it says error 7", thread_ts=asked)
    card = await scene.card(says="it says error 7")
    await scene.settled()
    assert (card.channel, card.ts) == (scene.tickets()[0].card_channel, scene.tickets()[0].card_ts)
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


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "invalid_auth"])
async def test_a_revoked_token_stops_the_desk_and_loses_nothing(
    sandbox: Sandbox, open_story: OpenStory, error: str
) -> None:
    story = await open_story()
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    sandbox.faults.revoke_token(error)
    await story.click(sample.BEN, card, "approve")
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN") as stopped:
        await story.ended()
    assert "\n" not in str(stopped.value)
    assert error in str(stopped.value)
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
