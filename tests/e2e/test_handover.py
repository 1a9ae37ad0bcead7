"""A ticket passes to a person or a channel, with a summary that an agent has read."""

import asyncio
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text
from starlette.responses import Response

from bot.sandbox import sample
from bot.sandbox.records import Message, View
from storage.tables import Message as Said
from storage.tables import Role, Status, Visibility
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, option, wording
from tests.fakes.openai_behaviours import Asked, Behaviour, answer, says, triage
from tests.fakes.openai_failures import Hang
from tests.fakes.openai_server import FakeOpenAI

SUMMARY = "Ana cannot log in since this morning. Ben asked which system it is."


def both(asked: Asked) -> dict[str, Any]:
    """Answer a triage with a triage, and a handover with a summary."""
    return {"summary": SUMMARY} if "handover" in asked.system else triage(asked)


async def answered(story: Story) -> Message:
    """Have Ana ask and Ben answer; return the card."""
    await story.posted(sample.HELP, "I cannot log in")
    card = await story.card(says="Reply draft")
    await story.answer_by_hand(sample.BEN, card, "Which system is it?")
    await story.card(says="Sent:")
    await story.settled()
    return story.cards()[-1]


async def open_form(story: Story, card: Message, user: str = sample.BEN) -> None:
    """Choose "Hand over", and see the form at once."""
    await story.click(user, card, "ticket_menu", value=option(card, "Hand over"))
    await story.until(lambda: story.sandbox.workspace.views.top(user))


async def suggested(story: Story, user: str = sample.BEN) -> View:
    """Wait for the summary in the form."""
    await story.until(lambda: "being written" not in shown(story.form(user)))
    return story.form(user)


def shown(view: View) -> str:
    """Return what the form shows, the fields' contents among it."""
    return str(view.blocks)


async def handed_over(story: Story, card: Message, **values: Any) -> None:
    """Hand it over as Ben."""
    await open_form(story, card)
    await suggested(story)
    outcome = await story.submit(sample.BEN, **values)
    assert outcome.acked
    assert not outcome.errors


async def test_to_a_person_with_the_summary_that_the_agent_edited(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    model.default = answer(both)
    story = await open_story(openai_base_url=model.base_url, openai_api_key=SecretStr("k"))
    card = await answered(story)
    posted = len(story.seen(sample.HELP))
    await open_form(story, card)
    form = await suggested(story)
    assert SUMMARY in shown(form)
    assert "Written by gpt-5-mini" in shown(form)
    outcome = await story.submit(sample.BEN, to_person=sample.CY, summary=f"{SUMMARY} It is SAP.")
    assert not outcome.errors
    card = await story.card(says=f"*Handed over* by Ben Okafor to <@{sample.CY}>")
    await story.settled()
    assert "It is SAP." in wording(card)
    assert "claimed by Cy Lindqvist" in wording(card)
    [told] = [each for each in story.seen(story.direct(sample.CY)) if each.bot_id]
    assert "Ben Okafor handed ticket #1 over to you" in told.text
    assert "It is SAP." in wording(told)
    assert f"/archives/{sample.HELP}/p" in wording(told)
    assert f"/archives/{sample.TRIAGE}/p{card.ts.replace('.', '')}" in wording(told)
    [ticket] = story.tickets()
    assert ticket.is_transferred
    assert (ticket.transferred_to, ticket.handover_summary) == (sample.CY, f"{SUMMARY} It is SAP.")
    assert ticket.transferred_at is not None
    [event] = story.audit("handed_over")
    assert (event.actor_id, event.details) == (ticket.transferred_by_id, {"to": sample.CY})
    # The requester hears nothing of it.
    assert len(story.seen(sample.HELP)) == posted
    call = story.calls()[-1]
    assert (call.prompt_version, call.outcome) == ("handover/v1", "answered")
    assert call.total_tokens


async def test_every_message_keeps_its_role_and_the_status_of_its_time(story: Story) -> None:
    asked = await story.posted(sample.HELP, "I cannot log in")
    card = await story.card(says="Reply draft")
    await story.answer_by_hand(sample.BEN, card, "Which system is it?")
    card = await story.card(says="Sent:")
    await story.posted(sample.HELP, "SAP", thread_ts=asked)
    await story.posted(sample.HELP, "Mine works", user=sample.DEE, thread_ts=asked)
    card = await story.card(says="The requester wrote more")
    await handed_over(story, card, to_person=sample.CY)
    card = await story.card(says="*Handed over*")
    await story.answer_by_hand(sample.CY, card, "It is back.")
    await story.settled()
    public = [each for each in story.said() if each.visibility is Visibility.PUBLIC]
    assert [(each.role, each.ticket_status, each.text) for each in public] == [
        (Role.REQUESTER, Status.NEW, "I cannot log in"),
        (Role.AGENT, Status.NEW, "Which system is it?"),
        (Role.REQUESTER, Status.WAITING, "SAP"),
        (Role.PARTICIPANT, Status.OPEN, "Mine works"),
        (Role.AGENT, Status.OPEN, "It is back."),
    ]


async def test_to_a_channel_without_a_model(story: Story) -> None:
    """The built-in summary says what stands in the ticket, and that no model wrote it."""
    card = await answered(story)
    await open_form(story, card)
    form = await suggested(story)
    assert "Put together without a model:* no model is set up" in shown(form)
    for part in ("#1 I cannot log in", "Status waiting", "Ben Okafor answered last"):
        assert part in shown(form)
    await story.submit(sample.BEN, to_channel=sample.GENERAL)
    await story.card(says=f"*Handed over* by Ben Okafor to <#{sample.GENERAL}>")
    await story.settled()
    [told] = story.seen(sample.GENERAL)
    assert "handed ticket #1 over to this channel" in told.text
    assert "Which system is it?" in wording(told)
    assert [each.prompt_version for each in story.calls()] == ["triage/v1"]


async def test_an_agent_need_not_wait_for_the_model(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    thinking, behave = asyncio.Event(), answer(both)
    model.default = _once_set(thinking, behave)
    story = await open_story(openai_base_url=model.base_url, openai_api_key=SecretStr("k"))
    thinking.set()
    card = await answered(story)
    thinking.clear()
    await open_form(story, card)
    assert "You need not wait for it" in shown(story.form(sample.BEN))
    outcome = await story.submit(sample.BEN, to_person=sample.CY, own_words="All said by phone.")
    assert not outcome.errors
    await story.card(says="All said by phone.")
    thinking.set()  # the form is closed by now, and that is fine
    await story.settled()
    assert story.tickets()[0].handover_summary == "All said by phone."


def _once_set(event: asyncio.Event, behave: Behaviour) -> Behaviour:
    async def waiting(asked: Asked) -> Response:
        await event.wait()
        return await behave(asked)

    return waiting


async def test_own_words_go_before_the_suggestion(scene: Story) -> None:
    card = await answered(scene)
    await handed_over(scene, card, to_person=sample.CY, own_words="Call Ana, she is in room 7.")
    await scene.card(says="Call Ana, she is in room 7.")
    assert scene.tickets()[0].handover_summary == "Call Ana, she is in room 7."


async def test_a_model_that_does_not_answer_holds_nobody_up(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(
        openai_base_url=model.base_url, openai_api_key=SecretStr("k"), model_timeout=1
    )
    card = await answered(story)
    model.will(Hang())
    await open_form(story, card)
    form = await suggested(story)
    assert "without a model:* the model did not answer in time" in shown(form)
    assert "Ben Okafor answered last" in shown(form)
    assert story.calls()[-1].outcome == "timeout"


async def test_what_is_deleted_while_the_model_reads_it_is_not_suggested(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(openai_base_url=model.base_url, openai_api_key=SecretStr("k"))
    card = await answered(story)
    root = story.tickets()[0].root_ts or ""
    said = await story.posted(sample.HELP, "My password is 1234.", thread_ts=root)
    await story.settled()
    thinks = Hang(answer(lambda _: {"summary": "Her password is 1234."}))
    model.will(thinks)
    await open_form(story, card)
    await thinks.reached.wait()
    await story.people.delete(sample.ANA, sample.HELP, said)
    await story.until(lambda: "1234" not in str([each.text for each in story.said()]))
    thinks.release()
    form = await suggested(story)
    assert "without a model:* the conversation lost a message meanwhile" in shown(form)
    assert "1234" not in shown(form)
    assert "1234" not in str([each.answer for each in story.calls()])


async def test_an_answer_that_does_not_fit_is_repaired_or_replaced(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await open_story(openai_base_url=model.base_url, openai_api_key=SecretStr("k"))
    card = await answered(story)
    model.will(says("no JSON"), says("again none"))
    await open_form(story, card)
    form = await suggested(story)
    assert "did not fit the form, even after one correction" in shown(form)
    assert [each.outcome for each in story.calls()[-2:]] == ["invalid", "invalid"]


async def test_notes_and_names_stay_out_and_words_are_data(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    model.default = answer(both)
    story = await open_story(openai_base_url=model.base_url, openai_api_key=SecretStr("k"))
    card = await answered(story)
    [ticket] = story.tickets()
    with story.database.writing() as session:
        note = {"text": "He is always rude.", "ticket_status": Status.OPEN}
        session.add(
            Said(
                workspace_id=1,
                ticket_id=ticket.id,
                role=Role.AGENT,
                visibility=Visibility.INTERNAL,
                **note,
            )
        )
    await open_form(story, card)
    await suggested(story)
    told = model.asked[-1]
    assert "agent: Which system is it?" in told.user
    assert "rude" not in told.user
    assert "Ben" not in told.user
    assert "requester: I cannot log in" in told.user
    assert told.user.splitlines()[0] == told.user.splitlines()[-1]


async def test_errors_stand_beside_their_fields(scene: Story) -> None:
    card = await answered(scene)
    await open_form(scene, card)
    await suggested(scene)
    for values, field, part in (
        ({}, "to_person", "Choose a person here, or a channel below"),
        ({"to_person": sample.CY, "to_channel": sample.HELP}, "to_channel", "not both"),
        ({"to_person": sample.BEN}, "to_person", "to yourself"),
        ({"to_person": scene.sandbox.workspace.bot.id}, "to_person", "The bot cannot"),
        ({"to_person": sample.CY, "summary": " "}, "own_words", "Write what the next person"),
    ):
        outcome = await scene.submit(sample.BEN, **values)
        assert outcome.errors is not None
        assert part in outcome.errors[field]
    assert not scene.tickets()[0].is_transferred
    assert not scene.audit("handed_over")


async def test_a_private_ticket_goes_only_to_who_may_see_it(scene: Story) -> None:
    card = await answered(scene)
    with scene.database.writing() as session:
        session.execute(text("UPDATE tickets SET private = true"))
    await open_form(scene, card)
    await suggested(scene)
    outcome = await scene.submit(sample.BEN, to_channel=sample.GENERAL)
    assert "This ticket is private" in (outcome.errors or {})["to_channel"]
    outcome = await scene.submit(sample.BEN, to_person=sample.DEE)
    assert "they may not see it" in (outcome.errors or {})["to_person"]
    outcome = await scene.submit(sample.BEN, to_person=sample.CY)
    assert not outcome.errors
    await scene.until(lambda: scene.tickets()[0].transferred_to == sample.CY)


async def test_a_later_handover_takes_the_place_of_the_first(scene: Story) -> None:
    card = await answered(scene)
    await handed_over(scene, card, to_person=sample.CY, own_words="First.")
    card = await scene.card(says=f"to <@{sample.CY}>")
    await handed_over(scene, card, to_person=sample.DEE, own_words="Second.")
    card = await scene.card(says=f"to <@{sample.DEE}>")
    await scene.settled()
    assert "First." not in wording(scene.cards()[-1])
    assert "claimed by Cy Lindqvist" in wording(scene.cards()[-1])  # Dee is no agent
    assert [event.details["to"] for event in scene.audit("handed_over")] == [
        sample.CY,
        sample.DEE,
    ]


async def test_a_form_that_arrives_twice_is_one_handover(story: Story) -> None:
    """The first acknowledgement is lost on its way, so Ben presses the button again."""
    card = await answered(story)
    await open_form(story, card)
    await suggested(story)
    form = story.form(sample.BEN)
    values = {"to_person": sample.CY, "own_words": "Once."}
    await asyncio.gather(
        story.people.submit_view(sample.BEN, form.id, values),
        story.people.submit_view(sample.BEN, form.id, values),
    )
    await story.card(says="Once.")
    await story.settled()
    assert len(story.audit("handed_over")) == 1
    assert len([each for each in story.seen(story.direct(sample.CY)) if each.bot_id]) == 1


async def test_whoever_takes_over_is_told_once(scene: Story) -> None:
    """Slack posts the word and does not say so."""
    card = await answered(scene)
    scene.sandbox.faults.drop_answer("chat.postMessage")
    await handed_over(scene, card, to_channel=sample.GENERAL)
    await scene.card(says="*Handed over*")
    await scene.settled()
    assert len(scene.seen(sample.GENERAL)) == 1


async def test_the_card_says_who_could_not_be_told(scene: Story) -> None:
    scene.sandbox.workspace.kick(sample.GENERAL, scene.sandbox.workspace.bot.id)
    card = await answered(scene)
    await handed_over(scene, card, to_channel=sample.GENERAL)
    await scene.card(says="NOT TOLD:* the bot is not in that channel")
    scene.sandbox.workspace.invite(sample.GENERAL, scene.sandbox.workspace.bot.id)
    await handed_over(scene, scene.cards()[-1], to_channel=sample.GENERAL)
    await scene.card(says="*Handed over*", without="NOT TOLD")
    await scene.settled()
    told = [each for each in scene.seen(sample.GENERAL) if "handed ticket #1 over" in each.text]
    assert len(told) == 1


async def test_only_agents_hand_over_and_nothing_that_is_closed(scene: Story) -> None:
    card = await answered(scene)
    value = option(card, "Hand over")
    scene.sandbox.workspace.invite(sample.TRIAGE, sample.GUS)
    await scene.settled()
    await scene.click(sample.GUS, card, "ticket_menu", value=value)
    await scene.heard(sample.GUS, sample.TRIAGE, "Only agents can do this")
    await open_form(scene, card)
    await suggested(scene)
    await scene.click(sample.CY, card, "resolve")
    outcome = await scene.submit(sample.BEN, to_person=sample.CY)
    assert "Reopen it before you hand it over" in str(outcome.errors)
    assert not scene.audit("handed_over")


async def test_a_deleted_request_leaves_the_summary_too(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "my password is hunter2")
    card = await scene.card(says="Reply draft")
    await handed_over(scene, card, to_person=sample.CY, own_words="Password hunter2 leaked.")
    await scene.card(says="*Handed over*")
    await scene.people.delete(sample.ANA, sample.HELP, asked)
    card = await scene.card(says="The requester deleted this request.")
    assert "hunter2" not in wording(card)
    assert scene.tickets()[0].handover_summary is None
