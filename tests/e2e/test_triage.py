"""The model, good and bad, and what agents see of it."""

import asyncio

import pytest
from sqlalchemy import update

from bot.sandbox import sample
from storage.tables import Ticket, TriageStatus
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, menu, wording
from tests.fakes import openai_behaviours as says
from tests.fakes import openai_failures as failures
from tests.fakes.openai_behaviours import Behaviour, answer, triage
from tests.fakes.openai_server import FakeOpenAI


async def test_a_good_answer_is_on_the_card_and_in_the_ledger(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    model.default = answer(
        lambda asked: {
            **triage(asked),
            "title": "Checkout fails with HTTP 500",
            "summary": "All customers, for ten minutes.",
            "category": "outage",
            "priority": "urgent",
            "confidence": 0.93,
            "question": "Which payment methods?",
            "reply_draft": "We have it.",
            "language": "en",
        }
    )
    prices = {"gpt-5-mini": {"input": 1.0, "output": 2.0}}
    story = await open_story(
        openai_base_url=model.base_url, openai_model="gpt-5-mini", model_prices=prices
    )
    await story.posted(sample.HELP, "checkout is broken!!")
    card = await story.card(says="Reply draft")
    shown = wording(card)
    for part in (
        "#1 Checkout fails with HTTP 500",
        "All customers, for ten minutes.",
        "Which payment methods?",
        "We have it.",
        "confidence 93%",
        "By gpt-5-mini · prompt v1",
        "language en",
    ):
        assert part in shown
    assert "Checkout fails with HTTP 500. New · nobody has claimed it, priority urgent" in card.text
    await story.settled()
    [call] = story.calls()
    assert (call.outcome, call.input_tokens, call.output_tokens) == ("answered", 1000, 200)
    assert (call.request_id, call.prompt_version) == ("req-1", "triage/v1")
    assert call.cost is not None
    [result] = story.results()
    assert result.model_call_id == call.id


@pytest.mark.parametrize(
    "first", [says.prose(), says.half_json(), says.unknown_category(), says.endless()]
)
async def test_an_answer_that_does_not_fit_is_repaired_once(
    open_story: OpenStory, model: FakeOpenAI, first: Behaviour
) -> None:
    model.will(first)
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, "cannot log in")
    await story.card(says="Reply draft")
    await story.settled()
    assert [each.outcome for each in story.calls()] == ["invalid", "answered"]
    assert len(model.asked) == 2
    assert len(model.asked[1].body["messages"]) == 4
    assert len(story.calls()[0].answer or "") <= 20_000


async def test_after_three_attempts_the_card_says_why_and_trying_again_works(
    scene: Story, model: FakeOpenAI
) -> None:
    """A refusal, an empty answer, and prose that stays prose; each of its own attempt."""
    await scene.stop()
    scene.settings = scene.settings.model_copy(update={"openai_base_url": model.base_url})
    model.will(says.refusal(), says.nothing(), says.prose(), says.prose())
    await scene.start()
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Triage waits for the model")
    assert "the model refused to answer" in wording(card)
    assert labels(card) == ["Reply", "Resolve"]
    card = await scene.card(says="Triage failed")
    assert "did not fit the form, even after one correction" in wording(card)
    assert "The triage failed." in card.text
    assert labels(card) == ["Try again", "Reply", "Resolve"]
    await scene.settled()
    outcomes = [each.outcome for each in scene.calls()]
    assert outcomes == ["refusal", "empty", "invalid", "invalid"]
    assert scene.tickets()[0].triage_status is TriageStatus.FAILED
    assert scene.cards()[0].text.startswith("Ticket #1 from Ana Alvarez: cannot log in.")
    await scene.click(sample.BEN, card, "try_again")
    card = await scene.card(says="Reply draft")
    assert labels(card) == ["Approve", "Reply", "Resolve"]
    await scene.settled()
    await scene.replies(sample.HELP, asked, 1)


async def test_a_failed_regenerate_keeps_the_draft_and_can_be_repeated(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    model.will(failures.wrong_key())
    await story.choose(sample.BEN, card, "Regenerate")
    card = await story.card(says="Triage failed")
    assert "an admin should check key, model and quota" in wording(card)
    assert labels(card) == ["Approve", "Reply", "Resolve"]
    assert "Regenerate" in menu(card)
    await story.choose(sample.BEN, card, "Regenerate")
    await story.card(says="Reply draft", without="Triage failed")
    await story.settled()


async def test_what_no_waiting_mends_fails_at_once(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    model.will(failures.insufficient_quota())
    story = await open_story(openai_base_url=model.base_url, openai_api_key="sk-test-secret-key-1")
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Triage failed")
    assert "quota" in wording(card)
    await story.settled()
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("behaviour", "outcome", "reason"),
    [
        (failures.rate_limited("3"), "rate_limited", "takes no more requests"),
        (failures.fails(500, "oops"), "unavailable", "cannot be reached"),
        (failures.Hang(), "timeout", "did not answer in time"),
    ],
    ids=["429", "500", "hang"],
)
async def test_a_model_that_is_down_is_asked_again(
    open_story: OpenStory, model: FakeOpenAI, behaviour: Behaviour, outcome: str, reason: str
) -> None:
    model.will(behaviour)
    story = await open_story(openai_base_url=model.base_url, model_timeout=0.5)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Triage waits for the model")
    assert reason in wording(card)
    await story.card(says="Reply draft", without="waits")
    await story.settled()
    calls = story.calls()
    assert [each.outcome for each in calls] == [outcome, "answered"]
    if outcome == "rate_limited":
        assert (calls[1].created_at - calls[0].created_at).total_seconds() >= 3


async def test_a_late_answer_sends_nothing_ever(open_story: OpenStory, model: FakeOpenAI) -> None:
    """The agent answered by hand and resolved; what the model says then is for the record only."""
    model.default = hang = failures.Hang()
    story = await open_story(openai_base_url=model.base_url)
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Triage under way")
    await story.answer_by_hand(sample.BEN, card, "Done by hand.")
    card = await story.card(says="Sent:")
    await story.click(sample.BEN, card, "resolve")
    await story.card(says="Resolved")
    hang.release()
    await story.settled()
    assert story.results() != []
    card = await story.card(says="Resolved")
    assert labels(card) == ["Reopen"]
    await story.stop()
    await story.start()
    await story.settled()
    [_, answer, resolved] = await story.replies(sample.HELP, asked, 3)
    assert "Done by hand." in answer.text
    assert "Resolved by Ben Okafor" in resolved.text


async def test_while_the_breaker_is_open_nothing_fails_and_all_catch_up(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """Five failures open it: the rest waits, says so, and is not counted as tried."""
    model.default = failures.fails(503, "down")
    story = await open_story(openai_base_url=model.base_url, model_concurrency=1)
    for number in range(7):
        await story.posted(sample.HELP, f"laptop {number}")
    await story.until(lambda: len(story.calls()) >= 7)
    await story.until(lambda: "not_sent" in [each.outcome for each in story.calls()])
    await story.until(
        lambda: sum("cannot be reached" in wording(each) for each in story.cards()) == 7
    )
    assert len(model.asked) == 5
    assert all(each.triage_status is TriageStatus.PENDING for each in story.tickets())


async def test_when_the_model_is_back_what_failed_is_triaged(
    story: Story, model: FakeOpenAI
) -> None:
    await story.stop()
    story.settings = story.settings.model_copy(update={"openai_base_url": model.base_url})
    model.will(failures.wrong_key(), failures.wrong_key())
    await story.start()
    await story.posted(sample.HELP, "laptop one")
    await story.card(says="Triage failed")
    await story.posted(sample.HELP, "laptop two")
    await story.until(lambda: sum("Triage failed" in wording(each) for each in story.cards()) == 2)
    await story.settled()
    # As if it had failed because the model was down, which takes three attempts to be believed.
    with story.database.writing() as session:
        session.execute(update(Ticket).where(Ticket.id == 1).values(model_was_down=True))
    await story.posted(sample.HELP, "laptop three")
    await story.card(says="Reply draft", which=2)
    await story.card(says="Reply draft", without="Triage failed", which=0)
    await story.settled()
    assert "Triage failed" in wording(story.cards()[1])
    assert [each.triage_status for each in story.tickets()] == [
        TriageStatus.COMPLETED,
        TriageStatus.FAILED,
        TriageStatus.COMPLETED,
    ]


SECRETS = "my password is hunter2secret! and the key AKIAIOSFODNN7EXAMPLE, card 4111 1111 1111 1111"


async def test_secrets_stay_here(
    open_story: OpenStory, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are masked for a model elsewhere, and whole on the card for the agent."""
    model.default = hang = failures.Hang()
    # The fake server is on this machine, so let the desk believe that it is not.
    monkeypatch.setattr("core.model.is_loopback", lambda _host: False)
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, SECRETS)
    await asyncio.wait_for(hang.reached.wait(), 10)
    [asked] = model.asked
    for secret in ("hunter2secret", "AKIAIOSFODNN7EXAMPLE", "4111 1111 1111 1111"):
        assert secret not in str(asked.body)
    assert asked.user.count("[masked:") == 3
    card = await story.card(says="Triage under way")
    assert SECRETS in wording(card)
    hang.release()
    await story.settled()
    assert story.tickets()[0].raw_text == SECRETS


async def test_a_model_on_this_machine_reads_everything(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(openai_base_url=model.base_url)
    await story.posted(sample.HELP, SECRETS)
    await story.card(says="Reply draft")
    assert SECRETS in model.asked[0].user
    await story.settled()


async def test_an_edit_while_the_model_thinks(open_story: OpenStory, model: FakeOpenAI) -> None:
    """The result is of the old words: the card shows the new ones beside it."""
    model.will(hang := failures.Hang())
    story = await open_story(openai_base_url=model.base_url)
    asked = await story.posted(sample.HELP, "the printer on floor 3")
    await asyncio.wait_for(hang.reached.wait(), 10)
    await story.people.edit(sample.ANA, sample.HELP, asked, "the printer on floor 4")
    hang.release()
    card = await story.card(says="Reply draft")
    assert "floor 4" in wording(card)
    await story.settled()


async def test_an_edit_between_two_attempts_is_read(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    model.will(failures.fails(500, "oops"))
    story = await open_story(openai_base_url=model.base_url)
    asked = await story.posted(sample.HELP, "the printer on floor 3")
    await story.card(says="waits for the model")
    await story.people.edit(sample.ANA, sample.HELP, asked, "the printer on floor 4")
    await story.card(says="Reply draft")
    assert "floor 4" in model.asked[-1].user
    assert "floor 3" not in model.asked[-1].user
    await story.settled()
