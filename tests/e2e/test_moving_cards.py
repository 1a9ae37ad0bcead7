"""Cards that move or vanish take along what stands in their thread, and lose nothing of it."""

import pytest
from sqlalchemy import text

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, wording
from tests.e2e.test_files import shot


def said_below(story: Story, card: Message) -> list[str]:
    """Return the copies in the card's thread, sorted: "first", "second", names of files."""
    found = []
    for each in story.thread(card.channel, card.ts):
        found += [part for part in ("first", "second") if part in wording(each)]
        found += [file.name for file in each.files]
    return sorted(found)


async def reposted(story: Story, card: Message) -> Message:
    """Wait for the card that takes the place of a deleted one."""
    await story.until(lambda: [each for each in story.cards() if each.ts != card.ts])
    await story.settled()
    [new] = story.cards()
    return new


@pytest.mark.parametrize("moved", ["already", "at this moment"])
async def test_a_file_sent_while_the_card_moves_is_copied(
    open_private: OpenStory, moved: str
) -> None:
    story = await open_private()
    await story.people.slash(sample.ANA, sample.GENERAL, "/ticket", "my screen is black")
    receipt = await story.receipt()
    card = await story.card(says="Reply draft")
    await story.settled()
    if moved == "at this moment":
        story.sandbox.faults.slow("conversations.replies", 1.5)
    await story.choose(sample.BEN, card, "Make private")
    if moved == "already":
        await story.settled()
    await story.posted(story.direct(sample.ANA), "this", thread_ts=receipt.ts, files=[shot()])
    card = await story.card(says="screen.png", channel=DISCREET)
    await story.settled()
    assert said_below(story, card) == ["screen.png"]
    assert story.seen(sample.TRIAGE) == []


async def test_a_file_that_is_being_copied_when_the_card_moves_goes_along(
    open_private: OpenStory,
) -> None:
    """The card moves between the look where it stands and the upload."""
    story = await open_private()
    await story.people.slash(sample.ANA, sample.GENERAL, "/ticket", "my screen is black")
    receipt = await story.receipt()
    card = await story.card(says="Reply draft")
    await story.settled()
    faults = story.sandbox.faults
    faults.slow("files.getUploadURLExternal", 2)
    await story.posted(story.direct(sample.ANA), "this", thread_ts=receipt.ts, files=[shot()])
    await story.until(lambda: not faults.rules)
    await story.choose(sample.BEN, card, "Make private")
    card = await story.card(says="screen.png", channel=DISCREET)
    await story.settled()
    assert said_below(story, card) == ["screen.png"]
    assert story.seen(sample.TRIAGE) == []


async def test_a_deleted_card_comes_back_with_what_stood_below_it(story: Story) -> None:
    await story.people.slash(sample.ANA, sample.GENERAL, "/ticket", "my screen is black")
    receipt = await story.receipt()
    card = await story.card(says="Reply draft")
    await story.settled()  # the desk knows where card and receipt stand
    place = story.direct(sample.ANA)
    await story.posted(place, "first", thread_ts=receipt.ts)
    await story.posted(place, "second", thread_ts=receipt.ts, files=[shot()])
    await story.until(lambda: said_below(story, card) == ["first", "screen.png", "second"])
    await story.settled()
    story.sandbox.workspace.delete(sample.TRIAGE, card.ts)
    new = await reposted(story, card)
    assert said_below(story, new) == ["first", "screen.png", "second"]
    assert story.thread(sample.TRIAGE, card.ts) == []


async def test_a_message_waits_for_the_card_that_replaces_a_deleted_one(scene: Story) -> None:
    """The card is deleted while the desk is closed, so that nothing tells of it."""
    asked = await scene.posted(sample.HELP, "my screen is black")
    card = await scene.card(says="Reply draft")
    await scene.posted(sample.HELP, "first", thread_ts=asked)
    await scene.until(lambda: said_below(scene, card) == ["first"])
    await scene.settled()
    await scene.stop()
    scene.sandbox.workspace.delete(sample.TRIAGE, card.ts)
    await scene.start()
    await scene.posted(sample.HELP, "second", thread_ts=asked)
    new = await reposted(scene, card)
    assert said_below(scene, new) == ["first", "second"]
    assert len(scene.seen(sample.TRIAGE)) == 3


async def test_a_copy_under_way_when_the_card_is_deleted_is_made_once(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "my screen is black")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.slow("chat.postMessage", 1)
    await scene.posted(sample.HELP, "first", thread_ts=asked)
    await scene.until(lambda: not scene.sandbox.faults.rules)
    scene.sandbox.workspace.delete(sample.TRIAGE, card.ts)
    new = await reposted(scene, card)
    assert said_below(scene, new) == ["first"]
    assert len(scene.seen(sample.TRIAGE)) == 2


async def test_a_copy_that_was_made_after_its_thread_was_cleared_goes(scene: Story) -> None:
    """Slack made it and did not say so, and the card shows the number only by then."""
    asked = await scene.posted(sample.HELP, "my salary is wrong")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.drop_answer("chat.postMessage")
    scene.sandbox.faults.fail("conversations.replies", times=None)
    await scene.posted(sample.HELP, "first", thread_ts=asked)
    await scene.until(lambda: said_below(scene, card) == ["first"])
    with scene.database.writing() as session:
        session.execute(text("UPDATE tickets SET private = true, card_hidden = true"))
    scene.sandbox.faults.clear()
    await scene.settled(40)
    assert scene.thread(sample.TRIAGE, card.ts) == []


async def test_the_thread_of_a_hidden_card_is_cleared_once(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "my salary is wrong")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    await scene.posted(sample.HELP, "first", thread_ts=asked)
    await scene.until(lambda: said_below(scene, card) == ["first"])
    await scene.choose(sample.BEN, card, "Make private")
    await scene.settled()
    assert said_below(scene, card) == []
    for line in ("second", "third"):
        await scene.posted(sample.HELP, line, thread_ts=asked)
        await scene.settled()
    assert scene.tickets()[0].card_version == scene.tickets()[0].version
    assert len(scene.sandbox.traffic.calls("conversations.replies")) == 1
