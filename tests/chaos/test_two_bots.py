"""Two bots on one database: nothing is lost, nothing is done twice."""

import asyncio
import os
import random

from sqlalchemy import func, select

from bot.sandbox import sample
from bot.sandbox.errors import RefusedError
from bot.sandbox.outcomes import Outcome
from bot.sandbox.records import Message
from storage.tables import Reply
from tests.chaos.checks import actions, assert_at_rest, outcomes
from tests.chaos.mortal import MortalStory
from tests.e2e.story import wording

MESSAGES = 40
SEED = int(os.environ.get("CHAOS_SEED", "42"))
PEOPLE = (sample.ANA, sample.DEE, sample.FAY, sample.GUS)
# Neither dies, so no lease may run out, however busy the machine is.
LEASE = 60


async def test_nothing_is_lost_and_nothing_is_done_twice(story: MortalStory) -> None:
    dice = random.Random(SEED)  # noqa: S311 - a run that can be repeated
    story.settings = story.settings.model_copy(update={"job_lease": LEASE})
    await story.start()
    await story.start()
    assert story.sandbox.sockets.connected == 2

    approving = asyncio.create_task(_approve_all(story, dice))
    deliveries = await _ask(story, dice)
    clicks = await approving
    await story.settled(60)

    assert_at_rest(story)
    assert len(story.tickets()) == MESSAGES
    assert story.rows(lambda session: session.scalar(select(func.count(Reply.id)))) == MESSAGES
    for ticket in story.tickets():
        assert sorted(actions(story, ticket.id)) == ["approved", "opened", "triaged"]
    assert outcomes(story) == ["answered"] * MESSAGES
    assert len(story.model.asked) == MESSAGES
    taken = sum(click.acked for click in clicks)
    await story.until(lambda: _told_why_not(story) >= taken - MESSAGES)
    # On a busy machine a click may be taken after Slack gave it up.
    assert _told_why_not(story) <= sum(click.ack is not None for click in clicks) - MESSAGES
    print(f"seed {SEED}: {deliveries} deliveries, {taken} clicks on Approve")  # noqa: T201


async def _ask(story: MortalStory, dice: random.Random) -> int:
    """Have 40 messages posted at once, each delivered up to three times under other event ids."""
    sandbox = story.sandbox
    sandbox.faults.duplicate("message", times=None, anew=True, rate=0.5)
    posted = await asyncio.gather(
        *(
            story.people.post(dice.choice(PEOPLE), sample.HELP, f"Request {number}: no VPN")
            for number in range(MESSAGES)
        )
    )
    sandbox.faults.clear()
    own = {outcome.ts for outcome in posted}
    told = {
        exchange.payload["event_id"]: exchange.payload
        for exchange in sandbox.traffic.deliveries("message")
        if exchange.payload["event"].get("ts") in own
    }
    by_message = {payload["event"]["ts"]: payload for payload in told.values()}
    again = [payload for payload in by_message.values() if dice.random() < 0.5]
    for payload in again:
        sandbox.delivery.send_again(payload)
    return len(told) + len(again)


async def _approve_all(story: MortalStory, dice: random.Random) -> list[Outcome]:
    """Have each card approved by two agents at once, each of whom may click twice."""
    done: set[str] = set()
    clicks: list[asyncio.Task[Outcome]] = []

    def new_draft() -> Message | None:
        ready = (card for card in story.cards() if card.ts not in done)
        return next((card for card in ready if "Reply draft" in wording(card)), None)

    while len(done) < MESSAGES:
        card = await story.until(new_draft)
        done.add(card.ts)
        clicks += [
            asyncio.create_task(_approve(story, agent, card))
            for agent in (sample.BEN, sample.CY)
            for _ in range(dice.randint(1, 2))
        ]
    return list(await asyncio.gather(*clicks))


async def _approve(story: MortalStory, agent: str, card: Message) -> Outcome:
    try:
        return await story.click(agent, card, "approve")
    except RefusedError:  # the button is gone already
        return Outcome()


def _told_why_not(story: MortalStory) -> int:
    """How often an agent was told that a colleague was first, or SQLite was busy for too long."""
    told = [*story.told(sample.BEN, sample.TRIAGE), *story.told(sample.CY, sample.TRIAGE)]
    return sum(text.startswith(("Not sent a second time", "Nothing was saved")) for text in told)
