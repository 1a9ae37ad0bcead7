"""Who is an agent, and in which channels the desk does not open."""

from dataclasses import replace

import pytest
from sqlalchemy import URL, select

from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from core.errors import ConfigurationError
from storage.tables import Contact
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story

HELPERS = "helpers"


async def refusal(sandbox: Sandbox, url: URL, **settings: str) -> str:
    """Start a desk that must refuse it, and return what it says."""
    story = Story(sandbox, url, **settings)
    with pytest.raises(ConfigurationError) as refused:
        await story.start()
    story.database.dispose()
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("with_group", [False, True])
@pytest.mark.parametrize("name", ["triage", "discreet"])
async def test_a_triage_channel_that_is_shared_outside_is_refused(
    sandbox: Sandbox, sqlite_url: URL, name: str, *, with_group: bool
) -> None:
    workspace = sandbox.workspace
    workspace.add_channel("discreet", id=DISCREET, members={workspace.bot.id}, is_private=True)
    workspace.put_channel(replace(workspace.channel_named(name), is_ext_shared=True))
    workspace.put_usergroup(HELPERS, (sample.BEN,))
    settings = {"private_triage_channel": "#discreet"}
    if with_group:
        settings["agent_usergroup"] = f"@{HELPERS}"
    told = await refusal(sandbox, sqlite_url, **settings)
    setting = "TRIAGE_CHANNEL" if name == "triage" else "PRIVATE_TRIAGE_CHANNEL"
    assert told.startswith(f"{setting} is shared with another organisation")


@pytest.mark.parametrize("given", ["handle", "@handle", "id"])
async def test_the_user_group_makes_agents_where_the_triage_channel_is_public(
    sandbox: Sandbox, open_story: OpenStory, given: str
) -> None:
    """Guests of the group are none, nor are members of the channel who are not in the group."""
    story = await _of_the_group(sandbox, open_story, given)
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft", channel=sample.GENERAL)
    for user in (sample.DEE, sample.CY):
        await story.click(user, card, "approve")
        await story.heard(user, sample.GENERAL, "Only agents can do this.")
    await story.people.slash(sample.GUS, sample.HELP, "/ticket", "triage 1")
    await story.heard(sample.GUS, sample.HELP, "Only agents can do this.")
    await story.click(sample.BEN, card, "approve")
    await story.card(says="Sent:", channel=sample.GENERAL)
    assert [each.approved_by_id for each in story.answers()]


async def test_rights_follow_the_user_group(sandbox: Sandbox, open_story: OpenStory) -> None:
    """Who leaves it can do nothing at once; joining or leaving the channel changes nothing."""
    story = await _of_the_group(sandbox, open_story, "handle")
    await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft", channel=sample.GENERAL)
    workspace = story.sandbox.workspace
    workspace.put_usergroup(HELPERS, (sample.CY,))
    await story.until(lambda: story.sandbox.traffic.deliveries("subteam_members_changed"))
    await story.sandbox.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.click(sample.BEN, card, "approve")
    await story.heard(sample.BEN, sample.GENERAL, "Only agents can do this.")
    await story.settled()
    await story.people.leave(sample.CY, sample.GENERAL)
    await story.people.join(sample.CY, sample.GENERAL)
    await story.settled()
    await story.click(sample.CY, card, "approve")
    await story.card(says="Sent:", channel=sample.GENERAL)


async def test_another_user_group_is_nobody_s_business(
    sandbox: Sandbox, open_story: OpenStory
) -> None:
    story = await _of_the_group(sandbox, open_story, "handle")
    await story.settled()
    story.sandbox.workspace.put_usergroup("others", (sample.DEE,))
    await story.until(lambda: story.sandbox.traffic.deliveries("subteam_members_changed"))
    await story.settled()
    assert "Only agents can do this." in await story.command(sample.DEE, "triage 1")


async def test_without_a_user_group_its_changes_mean_nothing(scene: Story) -> None:
    scene.sandbox.workspace.put_usergroup(HELPERS, (sample.BEN, sample.DEE))
    scene.sandbox.workspace.put_usergroup(HELPERS, ())
    await scene.until(lambda: len(scene.sandbox.traffic.deliveries("subteam_members_changed")) == 2)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.click(sample.BEN, await scene.card(says="Reply draft"), "approve")
    await scene.card(says="Sent:")


async def _of_the_group(sandbox: Sandbox, open_story: OpenStory, given: str) -> Story:
    """Open a desk whose cards stand in a public channel, and whose group are Ben and a guest."""
    group = sandbox.workspace.put_usergroup(HELPERS, (sample.BEN, sample.GUS))
    name = {"handle": HELPERS, "@handle": f"@{HELPERS}", "id": group.id}[given]
    return await open_story(triage_channel="#general", agent_usergroup=name)


async def test_the_list_that_was_wanted_last_counts(scene: Story) -> None:
    """Dee joins, and the list is being fetched slowly; Cy leaves, and the next one is quicker."""
    scene.sandbox.faults.slow("users.info", 1.5)
    await scene.people.join(sample.DEE, sample.TRIAGE, inviter=sample.BEN)
    await scene.until(lambda: scene.sandbox.traffic.calls("users.info"))
    await scene.people.leave(sample.CY, sample.TRIAGE)
    await scene.settled()
    assert "Only agents can do this." in await scene.command(sample.CY, "triage 1")


async def test_a_bot_in_the_triage_channel_is_no_agent(
    sandbox: Sandbox, open_story: OpenStory
) -> None:
    robot = sandbox.workspace.add_person("alerts", "Alerts", id="U0ALERTS001", is_bot=True)
    sandbox.workspace.join(sample.TRIAGE, robot.id, sample.BEN)
    story = await open_story()
    await story.settled()
    query = select(Contact.slack_user_id).where(Contact.is_agent)
    agents = story.rows(lambda session: session.scalars(query).all())
    assert set(agents) == {sample.BEN, sample.CY}
