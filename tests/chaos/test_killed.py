"""Killed between any two steps, the bot finishes the work after its next start, and does it once.

Each test lives one whole story: Ana asks, Ben approves the draft, Ana reads it and resolves. At one
moment the bot is killed with SIGKILL; the next one is started as soon as it is dead.
"""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.responses import Response

from bot.sandbox import sample
from bot.sandbox.records import Change
from storage.tables import Reply, Result, Status
from tests.chaos.checks import actions, assert_at_rest, outcomes
from tests.chaos.child import Moment
from tests.chaos.mortal import MortalStory
from tests.e2e.story import wording
from tests.fakes.openai_behaviours import Asked, Behaviour, answer, triage

MOMENTS = [
    # A message becomes a ticket.
    Moment("before", "event message"),
    Moment("after", "enter"),
    Moment("after", "event message"),
    # Its author's name.
    Moment("after", "claim profile"),
    Moment("before", "finish profile"),
    # The triage.
    Moment("after", "claim triage"),
    Moment("after", "begin"),
    Moment("after", "ask"),
    Moment("after", "finish triage"),
    # The receipt.
    Moment("after", "claim receipt"),
    Moment("before", "finish receipt"),
    Moment("after", "finish receipt"),
    # The card.
    Moment("after", "claim card"),
    Moment("before", "finish card"),
    Moment("after", "finish card"),
    # The approval.
    Moment("before", "click approve"),
    Moment("after", "approve"),
    Moment("after", "click approve"),
    # The reply.
    Moment("after", "claim reply"),
    Moment("before", "finish reply"),
    Moment("after", "finish reply"),
    # Card and receipt follow.
    Moment("after", "claim card", 2),
    Moment("before", "finish card", 2),
    Moment("after", "finish card", 2),
    Moment("after", "claim receipt", 2),
    Moment("before", "finish receipt", 2),
    Moment("after", "finish receipt", 2),
    # The resolution.
    Moment("before", "click resolve"),
    Moment("after", "resolve"),
    Moment("after", "click resolve"),
]


# On PostgreSQL those where it differs from SQLite: several connections, other locks.
ON_BOTH = {
    Moment("after", "enter"),
    Moment("after", "begin"),
    Moment("after", "ask"),
    Moment("after", "finish triage"),
    Moment("before", "finish receipt"),
    Moment("before", "finish card"),
    Moment("after", "approve"),
    Moment("before", "finish reply"),
    Moment("after", "finish reply"),
    Moment("before", "finish card", 2),
    Moment("after", "resolve"),
}
CASES = [
    pytest.param(backend, last, id=f"{backend}-{last}", marks=marks)
    for backend, marks in (("sqlite", ()), ("postgresql", pytest.mark.postgresql))
    for last in MOMENTS
    if backend == "sqlite" or last in ON_BOTH
]


@pytest.mark.parametrize(("backend", "last"), CASES, indirect=["backend"])
async def test_killed_once(story: MortalStory, last: Moment) -> None:
    await story.start_mortal(last)
    await live_through(story)
    assert story.died == 1
    # The bot does several things at once: a call may die with it at other moments, too.
    calls = outcomes(story)
    assert calls in (["answered"], ["started", "answered"])
    assert len(calls) - 1 <= len(story.model.asked) <= len(calls)
    if last == Moment("after", "ask"):
        assert len(story.model.asked) == len(calls) == 2
    if last == Moment("after", "begin"):
        assert len(story.model.asked) == 1
        assert len(calls) == 2


async def test_killed_while_the_model_thinks(story: MortalStory) -> None:
    story.model.will(_after(story.kill))
    await story.start_mortal()
    await live_through(story)
    assert story.died == 1
    assert len(story.model.asked) == 2
    assert outcomes(story) == ["started", "answered"]


@pytest.mark.parametrize(
    ("channel", "is_reply", "nth"),
    [(sample.HELP, True, 1), (sample.TRIAGE, False, 1), (sample.HELP, True, 2)],
    ids=["receipt", "card", "answer"],
)
async def test_killed_before_slack_answers(
    story: MortalStory, channel: str, is_reply: bool, nth: int
) -> None:
    """The message stands in Slack; that it does is something the bot never heard."""
    posted = 0

    def kill(change: Change) -> None:
        nonlocal posted
        message = change.message
        if change.kind != "message" or message is None or not message.bot_id:
            return
        if (message.channel, message.is_reply) == (channel, is_reply):
            posted += 1
            if posted == nth:
                story.kill()

    await story.start_mortal()
    with story.sandbox.workspace.changes.observed_by(kill):
        await live_through(story)
    assert story.died == 1


async def live_through(story: MortalStory) -> None:
    """Live the whole story, and find everything as it must be at its end."""
    question = asyncio.create_task(story.people.post(sample.ANA, sample.HELP, "The VPN is down"))
    card = await story.card(says="Reply draft")
    asked = (await question).ts or ""
    await story.until(lambda: story.thread(sample.HELP, asked))
    await story.settled()
    assert_at_rest(story)
    [receipt] = story.thread(sample.HELP, asked)
    assert actions(story, 1) == ["opened", "triaged"]

    await story.insist(sample.BEN, lambda: story.cards()[0], "approve")
    await story.card(says="Sent:")
    await story.settled()
    assert_at_rest(story)
    [result] = story.rows(lambda session: session.scalars(select(Result)).all())
    [reply] = story.rows(lambda session: session.scalars(select(Reply)).all())
    assert (reply.result_id, reply.text) == (result.id, result.reply_draft)
    [_, sent] = story.thread(sample.HELP, asked)
    assert result.reply_draft in wording(sent)

    await story.insist(sample.ANA, lambda: story.thread(sample.HELP, asked)[0], "resolve")
    await story.card(says="Resolved")
    await story.settled()
    assert_at_rest(story)
    assert [message.ts for message in story.cards()] == [card.ts]
    assert [message.ts for message in story.thread(sample.HELP, asked)] == [receipt.ts, sent.ts]
    [ticket] = story.tickets()
    assert ticket.status is Status.RESOLVED
    assert actions(story, 1) == ["opened", "triaged", "approved", "resolved"]


def _after(act: Callable[[], None]) -> Behaviour:
    """Do that first, then answer."""

    async def behave(asked: Asked) -> Response:
        act()
        return await answer(triage)(asked)

    return behave
