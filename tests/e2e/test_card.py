"""The card: always there, always true, and for agents only."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from bot.sandbox import sample
from bot.sandbox.records import Channel, File, Message
from storage.tables import Delivery, Status, TicketPriority
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, elements, labels, menu, option, wording
from tests.fakes.openai_behaviours import answer, triage
from tests.fakes.openai_failures import Hang
from tests.fakes.openai_server import FakeOpenAI

CARD_WITHIN = 3.0
# https://docs.slack.dev/reference/methods/chat.postMessage#errors: msg_blocks_too_long
MOST_OF_BLOCKS = 13_000


async def test_the_card_is_there_while_the_model_thinks(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """With the real delay: everything but the draft works at once.

    A draft that comes after an answer, of which it knows nothing, is not offered.
    """
    model.default = hang = Hang()
    story = await open_story(openai_base_url=model.base_url, card_delay=2.0)
    started = time.monotonic()
    asked = await story.posted(sample.HELP, "cannot log in\nsince *this* morning")
    card = await story.card(says="Triage under way")
    assert time.monotonic() - started < CARD_WITHIN
    assert "since *this* morning" in wording(card)
    assert labels(card) == ["Reply", "Resolve"]
    assert menu(card) == ["Claim", "Not a ticket"]
    assert "Triage under way." in card.text
    await story.choose(sample.BEN, card, "Claim")
    card = await story.card(says="claimed by Ben Okafor")
    await story.answer_by_hand(sample.BEN, card, "Which system is it?")
    await story.card(says="Sent:")
    hang.release()
    card = await story.card(says="By gpt-5-mini")
    assert labels(card) == ["Reply", "Resolve"]
    await story.settled()
    [_, by_hand] = await story.replies(sample.HELP, asked, 2)
    assert "Which system is it?" in by_hand.text
    assert [each.result_id for each in story.answers()] == [None]


async def test_corrections_outlive_a_new_triage(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "category", value=option(card, "Hardware"))
    await scene.click(sample.BEN, card, "priority", value=option(card, "Urgent"))

    def chosen() -> list[str]:
        return [
            each["initial_option"]["text"]["text"]
            for each in elements(scene.cards()[0], "static_select")
        ]

    await scene.until(lambda: chosen() == ["Hardware", "Urgent"])
    await scene.choose(sample.BEN, card, "Regenerate")
    await scene.settled()
    assert chosen() == ["Hardware", "Urgent"]
    [ticket] = scene.tickets()
    assert (ticket.category, ticket.priority) == ("hardware", TicketPriority.URGENT)
    assert "priority urgent" in scene.cards()[0].text


async def test_regenerate_keeps_the_old_result_until_the_new_one_is_there(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="We are looking into it")
    hang = Hang(answer(lambda asked: {**triage(asked), "reply_draft": "The second draft."}))
    model.will(hang)
    await story.choose(sample.BEN, card, "Regenerate")
    await asyncio.wait_for(hang.reached.wait(), 10)
    under_way = await story.card(says="Triage under way")
    assert "We are looking into it" in wording(under_way)
    assert "Regenerate" not in menu(under_way)
    hang.release()
    card = await story.card(says="The second draft.", without="under way")
    await story.settled()
    results = story.results()
    assert [each.is_current for each in results] == [False, True]
    assert len(story.calls()) == 2


async def test_edit_sends_what_the_agent_made_of_the_draft(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.choose(sample.BEN, card, "Edit")
    form = scene.form(sample.BEN)
    assert form.body["title"]["text"] == "Edit reply to #1"
    await scene.submit(sample.BEN, text="Please clear your cookies & try again.")
    [_, sent] = await scene.replies(sample.HELP, asked, 2)
    assert "clear your cookies &amp; try again" in sent.text
    card = await scene.card(says="Sent:")
    assert "edited the draft" in wording(card)
    assert "Approve" not in labels(card)
    [reply] = scene.answers()
    assert reply.result_id is not None


async def test_two_who_write_at_once(scene: Story) -> None:
    """The second is shown what the first one answered, and may send theirs all the same."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    for agent in (sample.BEN, sample.CY):
        await scene.click(agent, card, "reply")
    await scene.submit(sample.BEN, text="Clear your cookies.")
    outcome = await scene.submit(sample.CY, text="Which *system* is it?")
    assert not outcome.errors
    form = str(scene.form(sample.CY).blocks)
    assert "Ben Okafor answered meanwhile" in form
    assert "Clear your cookies." in form
    assert "Which *system* is it?" in form
    assert len(scene.answers()) == 1
    await scene.submit(sample.CY, text="Which *system* is it?")
    await scene.replies(sample.HELP, asked, 3)
    assert [each.text for each in scene.answers()] == [
        "Clear your cookies.",
        "Which *system* is it?",
    ]


async def test_a_notice_stands_where_the_card_was_clicked(scene: Story) -> None:
    """Not in the card's thread, of which the card is the first message."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    await scene.posted(sample.HELP, "still not", thread_ts=asked)
    card = await scene.card(says="still not")
    await scene.until(lambda: scene.thread(sample.TRIAGE, card.ts))
    await scene.settled()
    [card] = scene.cards()
    await scene.click(sample.BEN, card, "resolve")
    await scene.click(sample.CY, card, "resolve")
    await scene.heard(sample.CY, sample.TRIAGE, "resolved already")
    told = [
        each
        for each in scene.sandbox.workspace.messages(sample.TRIAGE)
        if each.ephemeral_to == sample.CY
    ]
    assert [each.thread_ts for each in told] == [None]


async def test_a_form_that_comes_too_late_keeps_what_was_typed(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.choose(sample.BEN, card, "Edit")
    await scene.click(sample.CY, card, "approve")
    await scene.card(says="Sent:")
    outcome = await scene.submit(sample.BEN, text="My long and careful answer")
    assert "Cy Lindqvist approved this draft" in outcome.errors["text"]
    assert scene.form(sample.BEN).errors  # still open, with the text in it
    await scene.settled()
    await scene.replies(sample.HELP, asked, 2)


async def test_two_agents_at_the_same_instant(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await asyncio.gather(
        *(story.click(user, card, "approve") for user in (sample.BEN, sample.CY, sample.BEN))
    )
    await story.card(says="Sent:")
    await story.settled()
    await story.replies(sample.HELP, asked, 2)
    [reply] = story.answers()
    assert reply.delivery is Delivery.SENT
    told = story.told(sample.BEN, sample.TRIAGE) + story.told(sample.CY, sample.TRIAGE)
    assert len(told) == 2
    for text in told:
        assert "Not sent a second time:" in text
        assert "approved this draft of ticket #1 just now" in text


async def test_a_reply_form_sent_twice_is_one_answer(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.click(sample.BEN, card, "reply")
    form = story.form(sample.BEN).id
    await asyncio.gather(
        *(story.people.submit_view(sample.BEN, form, {"text": "Hello"}) for _ in range(2))
    )
    await story.answer_by_hand(sample.BEN, card, "And another thing")
    await story.settled()
    answers = (await story.replies(sample.HELP, asked, 3))[1:]
    assert [each.text.splitlines()[0] for each in answers] == ["Hello", "And another thing"]


async def test_not_a_ticket_and_back(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "good morning everybody")
    card = await scene.card(says="Reply draft")
    await scene.replies(sample.HELP, asked, 1)
    await scene.choose(sample.BEN, card, "Not a ticket")
    card = await scene.card(says="Set aside by Ben Okafor")
    assert labels(card) == ["Undo"]
    assert "Set aside by Ben Okafor" in card.text
    await scene.until(lambda: scene.thread(sample.HELP, asked) == [])
    await scene.click(sample.CY, card, "undo")
    await scene.card(says="Reply draft")
    await scene.replies(sample.HELP, asked, 1)
    await scene.settled()


async def test_not_a_ticket_and_back_in_a_direct_message(scene: Story) -> None:
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "test test")
    card = await scene.card(says="Reply draft")
    await scene.receipt()
    await scene.settled()
    await scene.choose(sample.BEN, card, "Not a ticket")
    card = await scene.card(says="Set aside")
    direct = scene.direct(sample.ANA)
    await scene.until(lambda: scene.seen(direct) == [])
    await scene.settled()
    await scene.click(sample.BEN, card, "undo")
    receipt = await scene.receipt()
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "approve")
    await scene.replies(direct, receipt.ts, 1)


async def test_undo_while_the_model_was_thinking(open_story: OpenStory, model: FakeOpenAI) -> None:
    """What it answered meanwhile was dropped; it is asked again."""
    model.will(hang := Hang())
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Triage under way")
    await asyncio.wait_for(hang.reached.wait(), 10)
    await story.choose(sample.BEN, card, "Not a ticket")
    hang.release()
    await story.settled()
    card = await story.card(says="Set aside")
    await story.click(sample.BEN, card, "undo")
    await story.card(says="Reply draft")
    await story.settled()
    assert len(story.calls()) == 2


async def test_resolved_is_two_lines_and_can_be_reopened(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "resolve")
    card = await scene.card(says="Resolved")
    assert len(card.blocks) == 2
    assert "without an answer · resolved by Ben Okafor" in wording(card)
    assert "Resolved" in card.text
    await scene.posted(sample.HELP, "Thank you! :tada:", thread_ts=asked)
    card = await scene.card(says="the requester wrote after that")
    assert len(card.blocks) == 2
    await scene.click(sample.CY, card, "reopen")
    card = await scene.card(says="Thank you!")
    assert labels(card)[:1] == ["Approve"]
    assert scene.tickets()[0].status is Status.OPEN
    await scene.settled()


async def test_the_buttons_of_an_outdated_card(scene: Story) -> None:
    """The card cannot be updated for a while; whoever uses it is told what happened meanwhile."""
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.fail("chat.update", None)
    await scene.click(sample.BEN, card, "approve")
    await scene.replies(sample.HELP, asked, 2)
    await scene.click(sample.CY, card, "approve")
    await scene.heard(sample.CY, sample.TRIAGE, "Ben Okafor approved this draft")
    await scene.choose(sample.CY, card, "Edit")
    await scene.until(lambda: len(scene.told(sample.CY, sample.TRIAGE)) == 2)
    await scene.choose(sample.CY, card, "Not a ticket")
    await scene.heard(sample.CY, sample.TRIAGE, "was answered. Resolve it instead.")
    await scene.click(sample.BEN, card, "resolve")
    await scene.click(sample.CY, card, "resolve")
    await scene.heard(sample.CY, sample.TRIAGE, "is resolved already")
    await scene.choose(sample.CY, card, "Claim")
    await scene.until(lambda: len(scene.told(sample.CY, sample.TRIAGE)) == 5)
    assert len(scene.audit("claimed")) == 0
    scene.sandbox.faults.clear()
    await scene.click(sample.ANA, scene.thread(sample.HELP, asked)[0], "resolve")
    await scene.heard(sample.ANA, sample.HELP, "is resolved already")
    await scene.click(sample.BEN, card, "priority", value=option(card, "High"))
    await scene.card(says="high · answered by Ben Okafor · resolved by Ben Okafor")
    [_, answer, resolved] = await scene.replies(sample.HELP, asked, 3)
    assert "Ben Okafor · ticket #1" in answer.text
    assert "Resolved by Ben Okafor" in resolved.text


async def test_a_draft_after_an_answer_by_hand_is_not_sent(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.fail("chat.update", 4)
    await scene.answer_by_hand(sample.BEN, card, "Done by hand.")
    await scene.click(sample.CY, card, "approve")
    told = await scene.heard(sample.CY, sample.TRIAGE, "Nothing was sent:")
    assert "Ben Okafor answered meanwhile" in told
    await scene.replies(sample.HELP, asked, 2)
    assert [each.result_id for each in scene.answers()] == [None]


async def test_who_may_use_the_card(story: Story) -> None:
    """Members of the triage channel may, guests may not; rights follow who joins and leaves."""
    workspace = story.sandbox.workspace
    await story.people.join(sample.GUS, sample.TRIAGE, inviter=sample.BEN)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.click(sample.GUS, card, "approve")
    await story.heard(sample.GUS, sample.TRIAGE, "Only agents can do this.")

    await story.people.join(sample.DEE, sample.TRIAGE, inviter=sample.BEN)
    await story.settled()
    await story.choose(sample.DEE, card, "Claim")
    card = await story.card(says="claimed by Dee Nakamura")

    # Before the desk hears that Cy left, the card is before him; afterwards it does not serve him.
    story.sandbox.faults.fail("conversations.members", times=None)  # or he would be found there
    await story.people.leave(sample.CY, sample.TRIAGE)
    workspace.put_channel(_with(workspace.channel(sample.TRIAGE), sample.CY))
    for act in ("approve", "reply"):
        await story.click(sample.CY, card, act)
    await story.until(lambda: len(story.told(sample.CY, sample.TRIAGE)) == 2)
    assert workspace.views.top(sample.CY) is None
    assert story.answers() == []


def _with(channel: Channel, user: str) -> Channel:
    return replace(channel, members=channel.members | {user})


FULL = {
    "title": "T" * 150,
    "summary": "S\n" * 500,
    "question": 'Q"' * 250,
    "reply_draft": 'D "quoted"\n' * 227,
}


@pytest.mark.parametrize("links", [False, True])
async def test_a_card_as_full_as_can_be(
    open_story: OpenStory, model: FakeOpenAI, *, links: bool
) -> None:
    said = FULL | ({"reply_draft": "https://a.example/x " * 125} if links else {})
    model.default = answer(lambda asked: {**triage(asked), **said})
    story = await open_story(openai_base_url=model.base_url)
    files = [File(f"F0{n:08}", "<&_>" * 50 + f"{n}.png", sample.ANA) for n in range(20)]
    asked = await story.posted(sample.HELP, "request & more\n" * 2_600, files=files)
    card = await story.card(says="Reply draft")
    for number in range(3):
        await story.answer_by_hand(sample.BEN, card, f"{number}" + '"&\n' * 900)
    await story.posted(sample.HELP, "<!channel> http://x.example " * 1_300, thread_ts=asked)
    await story.choose(sample.BEN, card, "Regenerate")
    await story.settled(40)
    card = await story.card(says="Sent:")
    assert "Reply draft" in wording(card)
    assert said["reply_draft"].strip() in _quoted(card)
    assert all(each.ok for each in story.sandbox.traffic.calls("chat.update"))
    sent = story.sandbox.traffic.calls("chat.update")[-1].payload["blocks"]
    blocks = json.loads(sent) if isinstance(sent, str) else sent
    assert len(json.dumps(blocks, ensure_ascii=False)) < MOST_OF_BLOCKS
    order = [
        "#1 TTT",
        "From Ana Alvarez",
        "*Status:*",
        "*Summary*",
        "Files: ",
        "*Missing*",
        "*Reply draft*",
        "*The requester wrote more*",
        "*Sent:*",
    ]
    places = [wording(card).index(each) for each in order]
    assert places == sorted(places)
    assert card.ts in {each.ts for each in story.cards()}
    await story.replies(sample.HELP, asked, 4)


def _quoted(card: Message) -> str:
    """Return the text of all quotes, addresses included."""
    return "\n".join(
        "".join(str(part.get("text") or part.get("url", "")) for part in element["elements"])
        for block in card.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
    )
