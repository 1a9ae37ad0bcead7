"""Private tickets: shown to those who handle them and to whoever asked, and to nobody else."""

import json

import pytest

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, labels, menu, option, wording
from tests.fakes.openai_server import FakeOpenAI


def written(story: Story, channel: str) -> str:
    """Return all that the bot ever sent to a channel, as Slack got it."""
    return "\n".join(
        json.dumps(each.payload)
        for method in ("chat.postMessage", "chat.update", "chat.postEphemeral")
        for each in story.sandbox.traffic.calls(method)
        if each.payload["channel"] == channel
    )


def standing(story: Story, channel: str) -> str:
    """Return every word that the bot's messages in a channel show now."""
    return "\n".join(each.text + wording(each) for each in story.seen(channel) if each.bot_id)


async def test_the_form_s_switch_sends_the_card_to_the_private_channel(
    open_private: OpenStory,
) -> None:
    story = await open_private()
    await story.ask_privately()
    card = await story.card(says="Reply draft", channel=DISCREET)
    assert "#1 My salary" in wording(card)
    assert "private" in wording(card)
    assert "Make private" not in menu(card, "ticket_menu")
    await story.settled()
    assert story.tickets()[0].private
    assert written(story, sample.TRIAGE) == ""

    receipt = await story.receipt()
    await story.click(sample.BEN, card, "approve")
    await story.replies(story.direct(sample.ANA), receipt.ts, 1)


async def test_without_the_switch_a_ticket_is_not_private(open_private: OpenStory) -> None:
    story = await open_private()
    await story.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    await story.submit(sample.ANA, title="New badge", details="Mine is lost.")
    await story.card(says="#1 New badge")
    await story.settled()
    assert not story.tickets()[0].private
    assert written(story, DISCREET) == ""


async def test_without_a_private_channel_the_card_shows_number_and_open_only(story: Story) -> None:
    await story.ask_privately()
    await story.settled()
    card = await story.card()
    assert card.text == "#1 Private ticket · New"
    assert sorted(wording(card).splitlines()) == ["#1 Private ticket · New", "Open"]
    assert labels(card) == ["Open"]
    sent = written(story, sample.TRIAGE)
    for word in ("salary", "1234", "Ana", "draft"):
        assert word not in sent


async def test_the_opened_ticket_is_the_whole_card_and_stays_true(story: Story) -> None:
    """Everything works in it; forms lie on top of it, and it follows what was done."""
    await story.ask_privately()
    receipt = await story.receipt()
    await story.settled()
    await story.click(sample.BEN, await story.card(), "open_ticket")
    shown = story.form(sample.BEN)
    for part in ("#1 My salary", "From Ana Alvarez", "Reply draft", "nobody has claimed it"):
        assert part in wording(shown)

    await story.press(sample.BEN, "more", option(shown, "Claim"))
    await story.form_says(sample.BEN, "claimed by Ben Okafor")
    await story.press(sample.BEN, "priority", option(shown, "Urgent"))
    await story.until(lambda: story.tickets()[0].priority == "urgent")

    await story.press(sample.BEN, "reply")
    assert story.form(sample.BEN).body["title"]["text"] == "Reply to #1"
    assert len(story.sandbox.workspace.views.stack(sample.BEN)) == 2
    await story.submit(sample.BEN, text="It is being corrected.")
    shown = await story.form_says(sample.BEN, "It is being corrected.", without="Reply draft")
    [sent] = await story.replies(story.direct(sample.ANA), receipt.ts, 1)
    assert "It is being corrected." in sent.text

    await story.press(sample.BEN, "resolve")
    await story.form_says(sample.BEN, "resolved by Ben Okafor")
    await story.card(says="#1 Private ticket · Resolved")
    await story.press(sample.BEN, "reopen")
    await story.form_says(sample.BEN, "claimed by Ben Okafor")
    await story.settled()
    assert "salary" not in written(story, sample.TRIAGE)


async def test_what_an_agent_must_know_is_said_in_the_opened_ticket(scene: Story) -> None:
    await scene.ask_privately()
    await scene.settled()
    card = await scene.card()
    for agent in (sample.BEN, sample.CY):
        await scene.click(agent, card, "open_ticket")
    await scene.press(sample.BEN, "approve")
    await scene.form_says(sample.BEN, "approved the draft")
    await scene.press(sample.CY, "approve")
    told = await scene.form_says(sample.CY, "Not sent a second time: Ben Okafor")
    assert "approved the draft" in wording(told)  # and the ticket as it is now is below it
    assert scene.told(sample.CY, sample.TRIAGE) == []


async def test_an_edit_is_made_on_top_of_the_opened_ticket(scene: Story) -> None:
    await scene.ask_privately()
    receipt = await scene.receipt()
    await scene.settled()
    await scene.click(sample.BEN, await scene.card(), "open_ticket")
    await scene.press(sample.BEN, "more", option(scene.form(sample.BEN), "Edit"))
    await scene.submit(sample.BEN, text="Corrected next month.")
    await scene.form_says(sample.BEN, "edited the draft")
    [sent] = await scene.replies(scene.direct(sample.ANA), receipt.ts, 1)
    assert "Corrected next month." in sent.text


async def test_an_agent_who_is_none_any_more_loses_the_opened_ticket(scene: Story) -> None:
    await scene.ask_privately()
    await scene.settled()
    await scene.click(sample.CY, await scene.card(), "open_ticket")
    await scene.people.leave(sample.CY, sample.TRIAGE)
    await scene.press(sample.CY, "approve")
    told = await scene.form_says(sample.CY, "Only agents can do this.")
    assert "salary" not in wording(told)
    assert scene.answers() == []


async def made_private(story: Story) -> Message:
    """Ask in #help, and have Ben make the ticket private; return the card as it was."""
    await story.posted(sample.HELP, "my salary is wrong")
    card = await story.card(says="Reply draft")
    await story.settled()
    await story.choose(sample.BEN, card, "Make private")
    await story.settled()
    return card


async def test_make_private_moves_the_card(open_private: OpenStory) -> None:
    story = await open_private()
    was = await made_private(story)
    assert story.cards() == []
    card = await story.card(says="Reply draft", channel=DISCREET)
    await story.click(sample.BEN, card, "approve")
    await story.card(says="Sent by direct message:* the ticket is private", channel=DISCREET)
    await story.settled()
    assert story.cards() == []
    assert len(story.cards(DISCREET)) == 1
    assert [each.details for each in story.audit("made_private")] == [{}]
    assert not story.sandbox.workspace.has_message(sample.TRIAGE, was.ts)


async def test_make_private_without_a_channel_collapses_the_card_where_it_is(story: Story) -> None:
    was = await made_private(story)
    [card] = story.cards()
    assert (card.ts, card.text) == (was.ts, "#1 Private ticket · New")
    assert labels(card) == ["Open"]
    await story.posted(sample.HELP, "it is 1234", thread_ts=story.tickets()[0].root_ts)
    await story.click(sample.BEN, card, "open_ticket")
    await story.form_says(sample.BEN, "it is 1234")
    await story.settled()
    assert "salary" not in standing(story, sample.TRIAGE)
    assert "1234" not in standing(story, sample.TRIAGE)


@pytest.mark.parametrize("lost", ["chat.delete", "chat.postMessage"])
async def test_a_move_that_is_interrupted_is_finished_with_one_card(
    open_private: OpenStory, lost: str
) -> None:
    """Slack does it, and the answer never arrives: neither two cards remain, nor none."""
    story = await open_private()
    await story.posted(sample.HELP, "my salary is wrong")
    card = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.faults.drop_answer(lost)
    await story.choose(sample.BEN, card, "Make private")
    await story.settled()
    assert story.cards() == []
    assert len(story.cards(DISCREET)) == 1


async def test_a_card_that_was_posted_unnoticed_does_not_stay_behind(
    open_private: OpenStory,
) -> None:
    """The ticket becomes private while it is not known yet that its card was posted."""
    story = await open_private()
    faults = story.sandbox.faults
    faults.drop_answer("chat.postMessage", 2)  # the receipt's, which is found by its thread, too
    faults.fail("conversations.history", 2)
    await story.posted(sample.HELP, "my salary is wrong")
    await story.until(story.cards)
    [ticket] = story.tickets()
    assert ticket.card_ts is None
    await story.choose(sample.BEN, story.cards()[0], "Make private")
    await story.settled()
    assert story.cards() == []
    assert len(story.cards(DISCREET)) == 1


async def test_the_copies_in_the_card_s_thread_go_with_it(open_private: OpenStory) -> None:
    story = await open_private()
    asked = await story.posted(sample.HELP, "my salary is wrong")
    card = await story.card(says="Reply draft")
    await story.posted(sample.HELP, "it is 1234", thread_ts=asked)
    await story.until(lambda: story.thread(sample.TRIAGE, card.ts))
    note = await story.posted(sample.TRIAGE, "I call them", user=sample.BEN, thread_ts=card.ts)
    await story.settled()
    await story.choose(sample.BEN, card, "Make private")
    moved = await story.card(says="it is 1234", channel=DISCREET)
    [copy] = await story.until(lambda: story.thread(DISCREET, moved.ts))
    assert "it is 1234" in wording(copy)
    await story.settled()
    assert standing(story, sample.TRIAGE) == ""
    assert [each.ts for each in story.thread(sample.TRIAGE, card.ts)] == [note]
    assert story.said()[1].mirror_ts == copy.ts


async def test_a_card_that_is_hidden_gets_no_copies_and_its_assignee_a_call(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "my salary is wrong")
    card = await scene.card(says="Reply draft")
    await scene.posted(sample.HELP, "it is 1234", thread_ts=asked)
    await scene.until(lambda: scene.thread(sample.TRIAGE, card.ts))
    await scene.choose(sample.BEN, await scene.card(says="it is 1234"), "Make private")
    await scene.settled()
    with scene.database.writing() as session:
        ticket = session.merge(scene.tickets()[0])
        ticket.assignee_id = scene.audit("made_private")[0].actor_id
    await scene.posted(sample.HELP, "it should be 4321", thread_ts=asked)
    place = scene.direct(sample.BEN)
    await scene.until(lambda: scene.seen(place))
    [call] = scene.seen(place)
    assert call.text.startswith("The requester of private ticket #1 wrote again.")
    await scene.settled()
    assert scene.thread(sample.TRIAGE, card.ts) == []
    for channel in (sample.TRIAGE, place):
        assert "4321" not in written(scene, channel)


async def test_a_copy_that_was_made_unnoticed_goes_too(open_private: OpenStory) -> None:
    """Slack made it, and the answer never arrived; meanwhile the ticket becomes private."""
    story = await open_private()
    asked = await story.posted(sample.HELP, "my salary is wrong")
    card = await story.card(says="Reply draft")
    await story.settled()
    faults = story.sandbox.faults
    faults.drop_answer("chat.postMessage", 1)
    faults.fail("conversations.replies", 1)
    await story.posted(sample.HELP, "it is 1234", thread_ts=asked)
    await story.until(lambda: story.thread(sample.TRIAGE, card.ts))
    await story.choose(sample.BEN, card, "Make private")
    await story.settled()
    assert standing(story, sample.TRIAGE) == ""
    [moved] = story.cards(DISCREET)
    assert len(story.thread(DISCREET, moved.ts)) == 1


async def test_who_joins_and_leaves_the_private_channel(open_private: OpenStory) -> None:
    story = await open_private()
    await story.ask_privately()
    await story.settled()
    assert "There is no ticket #1" in await story.command(sample.CY, "show 1")
    await story.people.join(sample.CY, DISCREET, inviter=sample.BEN)
    await story.settled()
    assert "My salary" in await story.command(sample.CY, "show 1")
    await story.people.leave(sample.CY, DISCREET)
    assert "There is no ticket #1" in await story.command(sample.CY, "show 1")


async def test_the_private_channel_alone_makes_nobody_an_agent(open_private: OpenStory) -> None:
    story = await open_private()
    await story.people.join(sample.DEE, DISCREET, inviter=sample.BEN)
    await story.ask_privately()
    await story.settled()
    await story.click(sample.DEE, await story.card(channel=DISCREET), "approve")
    await story.heard(sample.DEE, DISCREET, "Only agents can do this.")
    assert "There is no ticket #1" in await story.command(sample.DEE, "show 1")
    assert story.answers() == []


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model's server count as one that is not on this machine."""
    monkeypatch.setattr("core.model.is_loopback", lambda _host: False)


async def test_private_text_does_not_go_to_a_model_elsewhere(
    open_story: OpenStory, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    story = await open_story(openai_base_url=model.base_url)
    await story.ask_privately()
    await story.settled()
    assert model.asked == []
    assert [(each.model, each.outcome) for each in story.calls()] == [("offline", "answered")]
    await story.click(sample.BEN, await story.card(), "open_ticket")
    await story.form_says(sample.BEN, "built-in offline triage")


async def test_a_ticket_that_becomes_private_is_triaged_here_from_then_on(
    open_story: OpenStory, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, "my salary is wrong")
    card = await story.card(says="Reply draft")
    await story.choose(sample.BEN, card, "Make private")
    await story.settled()
    await story.click(sample.BEN, await story.card(says="Private ticket"), "open_ticket")
    await story.press(sample.BEN, "more", option(story.form(sample.BEN), "Regenerate"))
    await story.settled()
    assert len(model.asked) == 1
    assert [each.model for each in story.calls()] == ["gpt-5-mini", "offline"]


@pytest.mark.parametrize("way", ["it is on this machine", "the setting allows it"])
async def test_private_text_goes_to_a_model(
    open_story: OpenStory, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "the setting allows it":
        elsewhere(monkeypatch)
    allowed = way == "the setting allows it"
    story = await open_story(openai_base_url=model.base_url, private_to_model=allowed)
    await story.ask_privately()
    await story.settled()
    assert len(model.asked) == 1
    assert [each.model for each in story.calls()] == ["gpt-5-mini"]


async def test_payroll_in_three_lines_is_one_ticket_that_nobody_outside_finds(
    open_private: OpenStory,
) -> None:
    story = await open_private()
    for line in ("my payroll is wrong", "it says 1234 for March", "please tell nobody"):
        await story.posted(story.direct(sample.ANA), line)
    card = await story.card(says="please tell nobody", channel=DISCREET)
    await story.settled()
    [ticket] = story.tickets()
    assert ticket.private
    assert [each.text for each in story.said()] == [
        "my payroll is wrong",
        "it says 1234 for March",
        "please tell nobody",
    ]
    for outside in (sample.DEE, sample.GUS, sample.CY):
        story.sandbox.workspace.invite(sample.GENERAL, outside)
        for asks in ("list", "list open", "list all"):
            assert "#1" not in await story.command(outside, asks)
        for asks in ("show 1", "resolve 1", "reopen 1"):
            told = await story.command(outside, asks)
            assert told == (await story.command(outside, asks.replace("1", "99"))).replace(
                "#99", "#1"
            )
    assert "payroll" in await story.command(sample.ANA, "show 1")
    assert "payroll" in await story.command(sample.BEN, "list open")
    await story.click(sample.BEN, card, "approve")
    await story.card(says="Sent:", channel=DISCREET)
    await story.settled()
    shared = (sample.HELP, sample.GENERAL, sample.TRIAGE)
    read = [
        wording(message) + message.text
        for channel in shared
        for user in (sample.DEE, sample.GUS, sample.CY)
        for message in story.seen(channel, user)
    ]
    assert [each for each in read if "payroll" in each.lower() or "1234" in each] == []


async def test_what_became_private_is_answered_by_direct_message(scene: Story) -> None:
    """Everybody in #help would read it in the thread."""
    asked = await scene.posted(sample.HELP, "my salary is wrong")
    card = await scene.card(says="Reply draft")
    await scene.choose(sample.BEN, card, "Make private")
    card = await scene.card(says="Private ticket")
    await scene.settled()
    await scene.click(sample.BEN, scene.cards()[0], "open_ticket")
    await scene.press(sample.BEN, "reply")
    await scene.submit(sample.BEN, text="It is 4321 from May on.")
    place = scene.direct(sample.ANA)
    await scene.until(lambda: any("4321" in each.text for each in scene.seen(place)))
    await scene.settled()
    assert "4321" not in written(scene, sample.HELP)
    [answer] = [each for each in scene.seen(place) if "4321" in each.text]
    await scene.posted(place, "and in June?", thread_ts=answer.ts)
    await scene.until(lambda: scene.said()[-1].text == "and in June?")
    scene.sandbox.workspace.views.clear(sample.BEN)
    await scene.click(sample.BEN, scene.cards()[0], "open_ticket")
    shown = str(scene.form(sample.BEN).blocks)
    for said in ("my salary is wrong", "It is 4321 from May on.", "and in June?"):
        assert said in shown
    assert asked == scene.tickets()[0].root_ts


async def test_the_opened_ticket_shows_all_that_was_said(scene: Story) -> None:
    place = scene.direct(sample.ANA)
    long = "the second line is long " * 150
    for line in ("my payroll is wrong", long, "the deadline is Friday"):
        await scene.posted(place, line)
    await scene.until(lambda: len(scene.said()) == 3)
    await scene.settled()
    await scene.click(sample.BEN, await scene.card(), "open_ticket")
    shown = str(scene.form(sample.BEN).blocks)
    assert "The conversation" in shown
    assert shown.count("the second line is long") >= 150
    assert "the deadline is Friday" in shown
