"""What people delete is gone: from the screen, from the database, from what a model made of it."""

from datetime import timedelta

import time_machine
from sqlalchemy import text
from starlette.responses import Response

from bot.sandbox import sample
from bot.sandbox.ids import Timestamps
from storage.tables import Base, Status, TriageStatus, utcnow
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, option, wording
from tests.fakes.openai_behaviours import Asked, Behaviour, answer, triage
from tests.fakes.openai_server import FakeOpenAI

PASSWORD = "hunter2-is-my-password"


def everything(story: Story) -> str:
    """Every row of every table, as text."""
    found = []
    with story.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608
            found += [str(tuple(row)) for row in rows]
    return "\n".join(found)


def on_screen(story: Story) -> str:
    """Every word in the channels."""
    return "\n".join(
        wording(message) + message.text
        for channel in (sample.HELP, sample.TRIAGE)
        for message in story.seen(channel)
    )


async def test_a_request_deleted_before_anyone_acted_is_withdrawn(story: Story) -> None:
    """Its text is nowhere: not in the title, not in the triage, not in any earlier text."""
    asked = await story.posted(sample.HELP, f"I cannot log in with {PASSWORD}")
    await story.card(says="Reply draft")
    await story.people.edit(sample.ANA, sample.HELP, asked, f"I cannot log in: {PASSWORD}")
    await story.card(says="edited after the triage")
    await story.people.delete(sample.ANA, sample.HELP, asked)
    card = await story.card(says="Ana Alvarez deleted the request")
    assert labels(card) == []
    await story.settled()
    assert PASSWORD not in everything(story)
    assert PASSWORD not in on_screen(story)
    assert story.thread(sample.HELP, asked) == []  # the receipt was taken back
    [event] = story.audit("withdrawn")
    assert event.surface == "message"


async def test_a_request_deleted_after_an_agent_took_it_stays_a_ticket(story: Story) -> None:
    asked = await story.posted(sample.HELP, f"I cannot log in with {PASSWORD}")
    card = await story.card(says="Reply draft")
    await story.choose(sample.BEN, card, "Claim")
    await story.card(says="claimed by Ben Okafor")
    await story.people.delete(sample.ANA, sample.HELP, asked)
    card = await story.card(says="The requester deleted this request.")
    assert labels(card) == ["Reply", "Resolve"]
    await story.settled()
    assert PASSWORD not in everything(story)
    assert story.tickets()[0].status is Status.OPEN


async def test_what_is_left_is_triaged_anew(story: Story) -> None:
    asked = await story.posted(sample.HELP, "the printer is jammed")
    await story.card(says="Reply draft")
    said = await story.posted(sample.HELP, f"my code is {PASSWORD}", thread_ts=asked)
    card = await story.card(says=PASSWORD)
    await story.choose(sample.BEN, card, "Regenerate")
    await story.until(lambda: len(story.results()) == 2)
    await story.people.delete(sample.ANA, sample.HELP, said)
    await story.until(lambda: len(story.results()) == 3)
    card = await story.card(says="Reply draft", without=PASSWORD)
    assert labels(card) == ["Approve", "Reply", "Resolve"]
    await story.settled()
    assert PASSWORD not in everything(story)
    assert PASSWORD not in on_screen(story)
    first, second, third = story.results()
    assert first.summary  # it never knew of it
    assert (second.summary, second.is_current, third.is_current) == ("", False, True)
    await story.click(sample.BEN, card, "approve")
    await story.card(says="Sent:")


async def test_what_no_triage_has_read_leaves_the_draft_as_it_is(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "the printer is jammed")
    await scene.card(says="Reply draft")
    said = await scene.posted(sample.HELP, PASSWORD, thread_ts=asked)
    await scene.card(says=PASSWORD)
    await scene.people.delete(sample.ANA, sample.HELP, said)
    card = await scene.card(says="Reply draft", without=PASSWORD)
    await scene.settled()
    assert len(scene.results()) == 1
    assert PASSWORD not in everything(scene)
    await scene.click(sample.BEN, card, "approve")  # and nothing is asked
    await scene.card(says="Sent:")


def _while_thinking(story: Story, asked: str) -> Behaviour:
    async def behave(request: Asked) -> Response:
        await story.people.delete(sample.ANA, sample.HELP, asked)
        return await answer(triage)(request)

    return behave


async def test_what_a_model_says_of_a_deleted_text_is_not_kept(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """Ana deletes her message while the model thinks about it."""
    story = await open_story(openai_base_url=model.base_url, card_delay=5)
    workspace = story.sandbox.workspace

    async def behave(request: Asked) -> Response:
        [asked] = [each.ts for each in workspace.messages(sample.HELP) if each.user == sample.ANA]
        return await _while_thinking(story, asked)(request)

    model.will(behave)
    await story.posted(sample.HELP, f"my password is {PASSWORD[:6]} and it fails")
    await story.card(says="deleted the request")
    await story.settled()
    [call] = story.calls()
    assert (call.outcome, call.answer) == ("answered", None)
    assert story.results() == []
    assert story.tickets()[0].triage_status is TriageStatus.COMPLETED
    assert PASSWORD[:6] not in everything(story)


async def test_a_title_forgets_too(open_story: OpenStory, model: FakeOpenAI) -> None:
    """A model makes it of all that was said."""

    def telling(request: Asked) -> dict[str, object]:
        knows = PASSWORD in request.user
        return {**triage(request), "title": f"Where is {PASSWORD}" if knows else "A question"}

    model.default = answer(telling)
    story = await open_story(openai_base_url=model.base_url, mask_secrets=False)
    asked = await story.posted(sample.HELP, "hello there, a question")
    card = await story.card(says="Reply draft")
    await story.choose(sample.BEN, card, "Claim")
    said = await story.posted(sample.HELP, f"where is {PASSWORD}", thread_ts=asked)
    card = await story.card(says=PASSWORD)
    await story.settled()
    await story.choose(sample.BEN, story.cards()[0], "Regenerate")
    await story.until(lambda: PASSWORD in story.tickets()[0].title)
    await story.settled()
    await story.people.delete(sample.ANA, sample.HELP, asked)
    await story.people.delete(sample.ANA, sample.HELP, said)
    await story.until(lambda: story.tickets()[0].title == "Deleted request")
    await story.settled()
    assert PASSWORD not in everything(story)
    assert PASSWORD not in on_screen(story)


async def test_an_agent_who_set_the_priority_has_acted(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "priority", value=option(card, "Urgent"))
    await scene.until(lambda: scene.audit("priority_set"))
    await scene.people.delete(sample.ANA, sample.HELP, asked)
    await scene.card(says="The requester deleted this request.")
    assert scene.tickets()[0].withdrawn_at is None


async def test_what_was_deleted_before_it_arrived(scene: Story) -> None:
    """Slack brings a message again that was deleted while the desk did not answer."""
    workspace, bot = scene.sandbox.workspace, scene.sandbox.workspace.bot.id
    workspace.kick(sample.HELP, bot)
    workspace.timestamps = Timestamps()
    with time_machine.travel(utcnow() - timedelta(seconds=90)):
        asked = workspace.post(sample.HELP, sample.ANA, f"my password is {PASSWORD}")
    workspace.delete(sample.HELP, asked.ts)
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
    await scene.card(says="deleted the request")
    await scene.settled()
    assert PASSWORD not in everything(scene)
    assert PASSWORD not in on_screen(scene)
