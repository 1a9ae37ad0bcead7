"""When cards cannot be posted, admins are told, and nothing is lost."""

from dataclasses import replace

import pytest

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, option, wording


def admin(story: Story, *users: str, deleted: bool = False) -> None:
    """Make these people admins of the workspace."""
    workspace = story.sandbox.workspace
    for user in users:
        workspace.put_person(replace(workspace.person(user), is_admin=True, deleted=deleted))


def notices(story: Story, user: str) -> list[Message]:
    """Return what the bot told that person by direct message of tickets that wait."""
    return [
        each
        for each in story.seen(story.direct(user))
        if each.bot_id and "Agents do not see every ticket" in each.text
    ]


async def test_admins_are_told_once_and_requesters_get_their_receipts(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.people.PAGE_OF_ALL", 2)  # several pages of people
    admin(story, sample.CY, sample.DEE)
    admin(story, sample.GUS, deleted=True)
    workspace = story.sandbox.workspace
    workspace.archive(sample.TRIAGE)
    first = await story.posted(sample.HELP, "cannot log in")
    second = await story.posted(sample.HELP, "my badge is broken")
    await story.until(lambda: notices(story, sample.CY) and notices(story, sample.DEE))
    await story.settled()
    for asked in (first, second):
        [receipt] = await story.replies(sample.HELP, asked, 1)
        assert "We have it" in receipt.text
    for user in (sample.CY, sample.DEE):
        [notice] = notices(story, user)
        said = wording(notice)
        assert f"<#{sample.TRIAGE}>: the channel is archived" in said
        assert "for that. Nothing is lost" in said
        assert "/invite @Ticketloop" in said
        assert "TRIAGE_CHANNEL" in said
    for user in (sample.ANA, sample.BEN, sample.GUS):
        assert notices(story, user) == []
    assert len(story.tickets()) == 2


async def test_another_reason_is_told_too_and_what_is_missing_comes_at_the_return(
    scene: Story,
) -> None:
    admin(scene, sample.CY)
    workspace = scene.sandbox.workspace
    place = workspace.channel(sample.TRIAGE)
    workspace.archive(sample.TRIAGE)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.settled()
    workspace.put_channel(place)
    workspace.kick(sample.TRIAGE, workspace.bot.id)
    await scene.posted(sample.HELP, "my badge is broken")
    await scene.until(lambda: len(notices(scene, sample.CY)) == 2)
    await scene.settled()
    archived, removed = notices(scene, sample.CY)
    assert "1 ticket waits" in wording(archived)
    assert "the bot is not in that channel" in wording(removed)
    assert "2 tickets wait" in wording(removed)
    workspace.invite(sample.TRIAGE, workspace.bot.id)
    await scene.until(lambda: len(scene.cards()) == 2)
    await scene.settled()
    assert len(notices(scene, sample.CY)) == 2


async def test_a_notice_that_slack_took_without_saying_so_is_sent_once(scene: Story) -> None:
    admin(scene, sample.CY)
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    scene.sandbox.faults.error("chat.update", "is_archived")
    scene.sandbox.faults.drop_answer("chat.postMessage")
    await scene.click(sample.BEN, card, "priority", value=option(card, "Urgent"))
    await scene.until(lambda: notices(scene, sample.CY))
    await scene.settled()
    assert len(notices(scene, sample.CY)) == 1


async def test_admins_are_told_of_the_channel_that_a_card_cannot_go_to(
    open_private: OpenStory,
) -> None:
    story = await open_private()
    admin(story, sample.CY)
    await story.posted(sample.HELP, "my salary is wrong")
    card = await story.card(says="Reply draft")
    await story.settled()
    story.sandbox.workspace.archive(DISCREET)
    await story.choose(sample.BEN, card, "Make private")
    await story.until(lambda: notices(story, sample.CY))
    await story.settled()
    [notice] = notices(story, sample.CY)
    assert f"<#{DISCREET}>: the channel is archived" in wording(notice)
    assert "1 ticket waits" in wording(notice)
    assert sample.TRIAGE not in wording(notice)
