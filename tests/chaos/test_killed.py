"""Killed between any two steps, the bot finishes the work after its next start, and does it once.

Each test lives one whole story: Ana asks, Ben approves the draft, Ana reads it and resolves. At one
moment the bot is killed with SIGKILL; the next one is started as soon as it is dead.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

import pytest
from sqlalchemy import select
from starlette.responses import Response

from bot.sandbox import sample
from bot.sandbox.records import Change
from storage.tables import Reply, Result, Status
from tests.chaos.checks import actions, assert_at_rest, outcomes
from tests.chaos.child import Moment
from tests.chaos.conftest import OpenStory
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
Death = Callable[[MortalStory], Awaitable[None]]


async def at(last: Moment, story: MortalStory) -> None:
    """The bot kills itself at that moment."""
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


async def while_the_model_thinks(story: MortalStory) -> None:
    """It is killed from outside, before the model answers."""
    story.model.will(_after(story.kill))
    await story.start_mortal()
    await live_through(story)
    assert story.died == 1
    assert len(story.model.asked) == 2
    assert outcomes(story) == ["started", "answered"]


async def before_slack_answers(channel: str, is_reply: bool, nth: int, story: MortalStory) -> None:
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


UNHEARD: dict[str, Death] = {
    "while the model thinks": while_the_model_thinks,
    "before Slack answers the receipt": partial(before_slack_answers, sample.HELP, True, 1),
    "before Slack answers the card": partial(before_slack_answers, sample.TRIAGE, False, 1),
    "before Slack answers the reply": partial(before_slack_answers, sample.HELP, True, 2),
}
DEATHS: dict[str, dict[str, Death]] = {
    "sqlite": {str(last): partial(at, last) for last in MOMENTS} | UNHEARD,
    "postgresql": {str(last): partial(at, last) for last in MOMENTS if last in ON_BOTH} | UNHEARD,
}


def batched(names: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """The names, so many at a time."""
    left = iter(names)
    while batch := tuple(islice(left, size)):
        yield batch


# A story is mostly waiting: for a start, for a lease to run out, for Slack to list what it has.
AT_ONCE = 2
CASES = [
    pytest.param(backend, names, id=f"{backend}-{names[0]}, and more", marks=marks)
    for backend, marks in (("sqlite", ()), ("postgresql", pytest.mark.postgresql))
    for names in batched(DEATHS[backend], AT_ONCE)
]


@pytest.mark.parametrize(("backend", "names"), CASES, indirect=["backend"])
async def test_killed_once(
    open_story: OpenStory, names: Sequence[str], request: pytest.FixtureRequest
) -> None:
    deaths = DEATHS[request.node.callspec.params["backend"]]

    async def live_and_die(name: str) -> None:
        async with open_story() as story:
            try:
                await deaths[name](story)
            except BaseException as error:
                error.add_note(f"killed {name}")
                raise

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(live_and_die(name))


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
