"""Agents who write below a card in the moment in which it appears."""

import asyncio
from collections.abc import Iterator

import pytest

from bot.sandbox import sample
from bot.sandbox.outcomes import Outcome
from bot.sandbox.records import Change
from storage.tables import Visibility
from tests.e2e.conftest import over_http_only
from tests.e2e.story import Story


@pytest.fixture
def written(story: Story) -> Iterator[list[asyncio.Task[Outcome]]]:
    """Ben's notes, each written when Slack has a card of which the desk has not heard yet."""
    notes: list[asyncio.Task[Outcome]] = []

    def write(change: Change) -> None:
        message = change.message
        if change.kind != "message" or message is None or not message.bot_id:
            return
        if message.channel == sample.TRIAGE and not message.is_reply:
            note = story.people.post(
                sample.BEN, sample.TRIAGE, "looks like DNS", thread_ts=message.ts
            )
            notes.append(asyncio.create_task(note))

    with story.sandbox.workspace.changes.observed_by(write):
        yield notes


async def test_a_note_that_is_faster_than_the_desk(
    story: Story, written: list[asyncio.Task[Outcome]]
) -> None:
    story.sandbox.faults.slow("chat.postMessage", 0.3, None)
    await story.posted(sample.HELP, "nothing resolves")
    await story.card(says="Reply draft")
    _, note = await story.until(lambda: len(story.said()) == 2 and story.said())
    assert (note.text, note.visibility) == ("looks like DNS", Visibility.INTERNAL)
    await asyncio.gather(*written)
    assert len(story.said()) == 2
    assert not [each for each in story.told(sample.BEN, sample.TRIAGE) if "not kept" in each]


@over_http_only
async def test_a_note_whose_card_stays_unknown_is_given_back(
    story: Story, written: list[asyncio.Task[Outcome]]
) -> None:
    story.sandbox.faults.slow("chat.postMessage", 4.5, None)
    await story.posted(sample.HELP, "nothing resolves")
    await story.heard(sample.BEN, sample.TRIAGE, "This note was not kept")
    await asyncio.gather(*written)
    assert len(story.said()) == 1


async def test_a_comment_below_another_word_of_the_desk_is_no_note(story: Story) -> None:
    await story.posted(sample.HELP, "nothing resolves")
    await story.card(says="Reply draft")
    await story.settled()
    workspace = story.sandbox.workspace
    word = workspace.post(sample.TRIAGE, workspace.bot.id, "1 ticket is open")
    outcome = await story.people.post(sample.BEN, sample.TRIAGE, "thanks", thread_ts=word.ts)
    assert outcome.acked
    assert len(story.said()) == 1
