"""Many people report one outage: who is told what, and when."""

import asyncio

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, wording

FEW = {"receipts_per_minute": 2, "pace_scale": 0.05}


def receipts(story: Story, root_ts: str) -> list[Message]:
    return [each for each in story.thread(sample.HELP, root_ts) if "Ticket #" in wording(each)]


def emoji(story: Story, ts: str) -> list[str]:
    message = next(each for each in story.seen(sample.HELP) if each.ts == ts)
    return [
        name for name, users in message.reactions.items() if story.sandbox.workspace.bot.id in users
    ]


async def test_in_a_rush_an_emoji_comes_first_and_the_receipt_after_it(
    open_story: OpenStory,
) -> None:
    story = await open_story(**FEW)
    asked = [await story.posted(sample.HELP, f"the VPN is down, {n}") for n in range(5)]
    await story.until(lambda: all(emoji(story, ts) == ["eyes"] for ts in asked[2:]))
    assert [emoji(story, ts) for ts in asked[:2]] == [[], []]
    await story.until(lambda: all(receipts(story, ts) for ts in asked))
    await story.settled()
    for ts in asked:
        (receipt,) = receipts(story, ts)
        assert "Resolve" in labels(receipt)
    assert story.sandbox.traffic.rate_limited == []


async def test_an_answer_goes_before_the_receipts_of_a_rush(open_story: OpenStory) -> None:
    """The channel takes a message now and then; twenty receipts wait for it, and one answer."""
    story = await open_story(receipts_per_minute=1000, pace_scale=0.3)
    unrelated = await story.posted(sample.HELP, "my keyboard is sticky", user=sample.DEE)
    card = await story.card(says="keyboard")
    await story.settled()
    await asyncio.gather(*(story.posted(sample.HELP, f"the VPN is down, {n}") for n in range(20)))
    await story.answer_by_hand(sample.BEN, card, "Turn it over.")

    def answered() -> list[Message]:
        return [each for each in story.thread(sample.HELP, unrelated) if "Turn it" in each.text]

    await story.until(answered)
    sent = [each for each in story.seen(sample.HELP) if "VPN" not in each.text and each.bot_id]
    before = [each for each in sent if float(each.ts) < float(answered()[0].ts)]
    assert len(before) < 10, "the answer waited for the receipts"


async def test_what_is_no_ticket_loses_its_emoji(open_story: OpenStory) -> None:
    story = await open_story(receipts_per_minute=0, pace_scale=1.0)
    asked = await story.posted(sample.HELP, "the VPN is down")
    card = await story.card(says="VPN")
    await story.until(lambda: emoji(story, asked) == ["eyes"])
    await story.choose(sample.BEN, card, "Not a ticket")
    await story.until(lambda: emoji(story, asked) == [])
    assert receipts(story, asked) == []


async def test_what_is_no_ticket_gets_no_emoji_that_slack_put_off(open_story: OpenStory) -> None:
    story = await open_story(receipts_per_minute=0, pace_scale=1.0)
    story.sandbox.faults.ratelimit("reactions.add", retry_after=4)
    asked = await story.posted(sample.HELP, "the VPN is down")
    card = await story.card(says="VPN")
    await story.choose(sample.BEN, card, "Not a ticket")
    await story.settled()
    assert emoji(story, asked) == []
