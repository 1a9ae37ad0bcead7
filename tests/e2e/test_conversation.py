"""The conversation: what people write where, and what becomes of it."""

import asyncio
from datetime import timedelta

import time_machine
from starlette.responses import Response

from bot.sandbox import sample
from bot.sandbox.ids import Timestamps
from bot.sandbox.records import File, Message
from storage.tables import Role, Status, Visibility, utcnow
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, menu, wording
from tests.fakes.openai_behaviours import Asked, answer, triage
from tests.fakes.openai_server import FakeOpenAI


async def notes(story: Story, count: int = 1) -> list[Message]:
    """Wait for so many messages of the bot in the thread of the first card, and return them."""
    card = await story.card(which=0)
    return await story.replies(sample.TRIAGE, card.ts, count)


async def test_what_the_requester_adds_reaches_the_assignee(story: Story) -> None:
    """Ana writes "still broken" with a screenshot after an answer; Ben sees it and replies."""
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.click(sample.BEN, card, "approve")
    await story.card(says="Sent:")
    await story.posted(
        sample.HELP,
        "still broken <!channel>",
        thread_ts=asked,
        files=[File("F0SCREEN01", "screen.png", sample.ANA, "image/png")],
    )
    [copy] = await notes(story)
    assert copy.text.startswith(f"<@{sample.BEN}> *Ana Alvarez* wrote: still broken")
    assert "<!channel>" not in copy.text
    assert "still broken <!channel>" in wording(copy)
    assert "screen.png" in wording(copy)
    card = await story.card(says="still broken")
    assert story.tickets()[0].status is Status.OPEN
    await story.answer_by_hand(sample.BEN, card, "Look at the screenshot: caps lock is on.")
    await story.until(lambda: "caps lock" in story.thread(sample.HELP, asked)[-1].text)


async def test_before_anyone_claimed_it_nobody_is_called(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.posted(sample.HELP, "since noon", thread_ts=asked)
    [copy] = await notes(scene)
    assert copy.text == "*Ana Alvarez* wrote: since noon"


async def test_a_copy_follows_its_message(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    said = await story.posted(sample.HELP, "the code is 1234", thread_ts=asked)
    await notes(story)
    await story.settled()

    def shown() -> Message:
        [copy] = story.thread(sample.TRIAGE, story.cards()[0].ts)
        return copy

    await story.people.edit(sample.ANA, sample.HELP, said, "the code does not come")
    await story.until(lambda: "does not come" in wording(shown()))
    await story.people.delete(sample.ANA, sample.HELP, said)
    await story.until(lambda: "deleted this message" in wording(shown()))


async def test_approving_an_old_draft_first_shows_what_is_new(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.posted(sample.HELP, "forget it, my cat sat on the keyboard", thread_ts=asked)
    card = await story.card(says="Regenerate makes a new one")
    assert "Regenerate" in menu(card)

    await story.click(sample.BEN, card, "approve")
    await story.until(lambda: story.sandbox.workspace.views.top(sample.BEN))
    assert "my cat sat on the keyboard" in str(story.form(sample.BEN).blocks)
    assert story.answers() == []

    await story.posted(sample.HELP, "and now it burns", thread_ts=asked)
    await story.card(says="and now it burns")
    await story.submit(sample.BEN)  # the form is older than that, too, and shows it now
    assert "and now it burns" in str(story.form(sample.BEN).blocks)
    assert story.answers() == []

    await story.submit(sample.BEN)
    await story.card(says="Sent:")
    assert [reply.text for reply in story.answers()] == [story.results()[0].reply_draft]


async def test_editing_an_old_draft_shows_what_is_new_and_keeps_what_was_typed(
    scene: Story,
) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.posted(sample.HELP, "since noon", thread_ts=asked)
    card = await scene.card(says="since noon")
    await scene.choose(sample.BEN, card, "Edit")
    assert "since noon" in str(scene.form(sample.BEN).blocks)
    await scene.posted(sample.HELP, "no, since dawn", thread_ts=asked)
    await scene.card(says="since dawn")
    await scene.submit(sample.BEN, text="Try again at noon.")
    form = str(scene.form(sample.BEN).blocks)
    assert "since dawn" in form
    assert "Try again at noon." in form
    assert scene.answers() == []
    await scene.submit(sample.BEN, text="Try again at dawn.")
    await scene.card(says="Sent:")
    assert [reply.text for reply in scene.answers()] == ["Try again at dawn."]


async def test_an_agent_who_writes_in_the_thread_has_answered(story: Story) -> None:
    """Ben answers in Ana's thread himself, and Cy's Approve then shows Ben's answer."""
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    await story.posted(sample.HELP, "Press caps lock once.", sample.BEN, thread_ts=asked)
    card = await story.card(says="Answered in the thread:")
    assert "Press caps lock once." in wording(card)
    assert "Reply draft" not in wording(card)
    [ticket] = story.tickets()
    assert ticket.status is Status.WAITING
    assert ticket.first_response_at is not None
    assert "claimed by Ben Okafor" in wording(card)
    assert [event.surface for event in story.audit("answered")] == ["message"]
    assert len(story.answers()) == 1


async def test_approve_on_a_card_that_is_a_moment_old_shows_the_answer(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.fail("chat.update", times=None)  # so that Cy's screen stays as it is
    await scene.posted(sample.HELP, "Press caps lock once.", sample.BEN, thread_ts=asked)
    await scene.until(scene.answers)
    await scene.click(sample.CY, card, "approve")
    told = await scene.heard(sample.CY, sample.TRIAGE, "Nothing was sent")
    assert "Ben Okafor answered meanwhile: “Press caps lock once.”" in told
    scene.sandbox.faults.clear()
    assert len(scene.answers()) == 1
    assert len([each for each in scene.thread(sample.HELP, asked) if each.bot_id]) == 1


async def test_an_answer_in_the_thread_that_is_changed_and_deleted(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    said = await scene.posted(sample.HELP, "Press F1.", sample.BEN, thread_ts=asked)
    await scene.card(says="Press F1.")
    await scene.people.edit(sample.BEN, sample.HELP, said, "Press F2.")
    await scene.card(says="Press F2.")
    await scene.people.delete(sample.BEN, sample.HELP, said)
    card = await scene.card(says="and deleted it again")
    assert "Press F" not in wording(card)
    assert scene.tickets()[0].status is Status.OPEN


async def test_an_answer_that_came_while_the_model_thought_retires_its_draft(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(openai_base_url=model.base_url)
    answered = asyncio.Event()

    async def behave(request: Asked) -> Response:
        await answered.wait()
        return await answer(triage)(request)

    model.will(behave)
    asked = await story.posted(sample.HELP, "the printer is jammed")
    await story.card(says="Triage under way")
    await story.until(lambda: model.asked)
    await story.posted(sample.HELP, "Open tray 2.", sample.BEN, thread_ts=asked)
    await story.card(says="Answered in the thread")
    answered.set()
    await story.until(story.results)
    await story.settled()
    assert labels(story.cards()[0]) == ["Reply", "Resolve"]


async def test_an_answer_that_was_taken_back_leaves_the_draft_to_approve(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.answer_by_hand(sample.BEN, card, "For somebody else.")
    await scene.card(says="Sent:")
    await scene.settled()
    await scene.choose(sample.BEN, scene.cards()[0], "Take back")
    await scene.card(says="Taken back")
    await scene.settled()
    card = scene.cards()[0]
    assert labels(card) == ["Approve", "Reply", "Resolve"]
    await scene.click(sample.BEN, card, "approve")
    await scene.until(lambda: len(scene.answers()) == 2)


async def test_a_request_that_was_edited_is_news_too(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")
    await scene.settled()
    await scene.people.edit(sample.ANA, sample.HELP, asked, "solved; please order me a mouse")
    card = await scene.card(says="edited after the triage")
    await scene.click(sample.BEN, card, "approve")
    await scene.until(lambda: scene.sandbox.workspace.views.top(sample.BEN))
    assert "please order me a mouse" in str(scene.form(sample.BEN).blocks)
    await scene.people.edit(sample.ANA, sample.HELP, asked, "solved; please order me a keyboard")
    await scene.card(says="a keyboard")
    await scene.submit(sample.BEN)
    assert "a keyboard" in str(scene.form(sample.BEN).blocks)
    assert scene.answers() == []
    await scene.submit(sample.BEN)
    await scene.card(says="Sent:")


async def test_others_in_the_thread_are_shown_and_change_nothing(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.posted(sample.HELP, "me too!", sample.DEE, thread_ts=asked)
    [copy] = await notes(scene)
    assert copy.text == "*Dee Nakamura* (not the requester) wrote: me too!"
    await scene.settled()
    assert scene.cards()[0].blocks == card.blocks
    [ticket] = scene.tickets()
    assert (ticket.status, ticket.first_response_at) == (Status.NEW, None)
    assert [each.role for each in scene.said()] == [Role.REQUESTER, Role.PARTICIPANT]
    await scene.click(sample.BEN, card, "approve")  # and it asks nothing
    await scene.card(says="Sent:")


async def test_a_note_stays_internal_whatever_it_looks_like(story: Story) -> None:
    """Ben writes an unkind note in the card's thread."""
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()  # the desk knows where its card stands
    bot = story.sandbox.workspace.bot.id
    unkind = [
        "Ana never reads the manual",
        "/ticket Ana never reads the manual",
        f"<@{bot}> :ticket: tell Ana: RTFM",
        "reply: Ana never reads the manual",
    ]
    for text in unkind:
        await story.posted(sample.TRIAGE, text, sample.BEN, thread_ts=card.ts)
    await story.until(lambda: len(story.said()) == 1 + len(unkind))
    hints = story.told(sample.BEN, sample.TRIAGE)
    assert len(hints) == 1
    assert "use Reply on the card" in hints[0]
    assert {each.visibility for each in story.said()[1:]} == {Visibility.INTERNAL}
    assert len(story.tickets()) == 1
    assert story.answers() == []

    await story.choose(sample.BEN, card, "Regenerate")
    await story.until(lambda: len(story.results()) == 2)
    await story.settled()
    card = await story.card(says="Reply draft")
    await story.click(sample.CY, card, "approve")
    await story.card(says="Sent:")
    await story.click(sample.ANA, story.thread(sample.HELP, asked)[0], "resolve")
    await story.card(says="Resolved")
    await story.settled()
    for asks in ("show 1", "list all", "reopen 1"):
        await story.command(sample.ANA, asks)
    seen_by_ana = "\n".join(
        wording(message) + message.text
        for channel in (sample.HELP, sample.GENERAL, story.direct(sample.ANA))
        for message in story.seen(channel, sample.ANA)
    )
    for word in ("manual", "RTFM"):
        assert word not in seen_by_ana
        assert word not in wording(card)
    assert "manual" not in str([vars(result) for result in story.results()])


async def test_a_note_can_be_changed_and_deleted(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()  # the desk knows where its card stands
    note = await scene.posted(sample.TRIAGE, "ask Cy", sample.BEN, thread_ts=card.ts)
    await scene.until(lambda: len(scene.said()) == 2)
    await scene.people.edit(sample.BEN, sample.TRIAGE, note, "ask Dee")
    await scene.until(lambda: scene.said()[1].text == "ask Dee")
    await scene.people.delete(sample.BEN, sample.TRIAGE, note)
    await scene.until(lambda: scene.said()[1].text == "")
    assert scene.said()[1].edits == []
    await scene.settled()
    assert scene.cards()[0].blocks == card.blocks


async def test_an_answered_question_is_triaged_by_itself(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    which = "Which printer is it?"
    model.will(
        answer(lambda asked: {**triage(asked), "question": which, "reply_draft": which}),
        answer(lambda asked: {**triage(asked), "reply_draft": "On our way."}),
    )
    story = await open_story(openai_base_url=model.base_url)
    asked = await story.posted(sample.HELP, "the printer is jammed")
    card = await story.card(says=which)
    await story.click(sample.BEN, card, "approve")
    await story.card(says="Sent:")
    await story.posted(sample.HELP, "the one on floor 2", thread_ts=asked)
    card = await story.card(says="On our way.")
    assert "the one on floor 2" in model.asked[-1].user
    await story.click(sample.BEN, card, "approve")  # it has read all there is
    await story.until(lambda: len(story.answers()) == 2)


async def test_a_message_reopens_what_was_resolved_and_thanks_get_a_reaction(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "resolve")
    await scene.card(says="Resolved")
    thanks = await scene.posted(sample.HELP, "thanks a lot! :tada:", thread_ts=asked)
    workspace = scene.sandbox.workspace
    await scene.until(lambda: workspace.message(sample.HELP, thanks).reactions)
    assert scene.tickets()[0].status is Status.RESOLVED
    await scene.posted(sample.HELP, "no, still the same", thread_ts=asked)
    await scene.card(says="no, still the same")
    assert scene.tickets()[0].status is Status.OPEN
    await scene.until(lambda: "Open." in receipt_says(scene, asked))
    assert [event.surface for event in scene.audit("reopened")] == ["message"]


async def test_after_a_week_it_is_a_new_matter(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.click(sample.BEN, card, "resolve")
    await story.card(says="Resolved")
    await story.settled()
    long_ago = utcnow() - timedelta(days=8)
    with story.database.writing() as session:
        ticket = session.merge(story.tickets()[0])
        ticket.resolved_at = long_ago
    await story.posted(sample.HELP, "it happens again", thread_ts=asked)
    await story.card(says="Reply draft", which=1)
    earlier, later = story.tickets()
    assert (later.follows_id, later.root_ts, later.raw_text) == (1, asked, "it happens again")
    assert earlier.status is Status.RESOLVED
    assert "follows #1" in wording(story.cards()[1])
    await story.posted(sample.HELP, "with another message", thread_ts=asked)
    await story.card(says="with another message", which=1)
    assert len(story.tickets()) == 2
    await story.click(sample.BEN, story.cards()[1], "resolve")
    await story.card(says="Resolved", which=1)


async def test_a_direct_message_long_after_is_a_new_matter_of_the_same_kind(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    first = await scene.posted(place, "my payroll is wrong")
    await scene.settled()
    with scene.database.writing() as session:
        ticket = session.merge(scene.tickets()[0])
        ticket.status, ticket.resolved_by_id = Status.RESOLVED, ticket.requester_id
        ticket.resolved_at = utcnow() - timedelta(days=8)
    await scene.posted(place, "it is wrong again", thread_ts=first)
    await scene.until(lambda: len(scene.tickets()) == 2)
    await scene.posted(place, "by 200 euros")
    await scene.until(lambda: len(scene.said()) == 3)
    _, later = scene.tickets()
    assert (later.source, later.private, later.follows_id) == ("direct", True, 1)


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
    scene.sandbox.faults.error("chat.postMessage", "restricted_action", 2)
    await scene.click(sample.BEN, card, "approve")
    card = await scene.card(says="NOT DELIVERED")
    await scene.until(lambda: "Ben Okafor is working on it" in receipt_says(scene, asked))
    await scene.click(sample.BEN, card, "retry_delivery")
    await scene.card(says="Sent:")
    await scene.until(lambda: "Answered." in receipt_says(scene, asked))


def receipt_says(scene: Story, asked: str) -> str:
    """Return the receipt's words; it is the first reply of the thread."""
    return scene.thread(sample.HELP, asked)[0].text
