"""The app's Home: what each person finds there, and what comes of a click in it."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from bot import ids
from bot.ids import Target
from bot.sandbox import sample
from bot.sandbox.records import View
from core.jobs import Kind
from storage.tables import Job, JobState, Status
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, elements, labels, wording


async def opened(story: Story, user: str, says: str = "As of") -> View:
    """Open the Home as that person does, and wait for what is published then."""
    before = story.sandbox.workspace.views.homes.get(user)
    outcome = await story.people.open_home(user)
    assert outcome.acked
    await story.until(lambda: story.sandbox.workspace.views.homes.get(user) != before)
    return await shows(story, user, says)


async def shows(story: Story, user: str, part: str, without: str = "\0") -> View:
    """Wait until that person's Home says that, and return it."""

    def found() -> View | None:
        view = story.sandbox.workspace.views.homes.get(user)
        if view is None:
            return None
        text = wording(view)
        return view if part in text and without not in text else None

    view: View = await story.until(found)
    return view


async def press(story: Story, user: str, label: str, number: int) -> None:
    """Press the button of that ticket, as the Home stands now."""
    home = story.sandbox.workspace.views.homes[user]
    block = next(
        block
        for block in home.blocks
        if block.get("accessory", {}).get("accessibility_label") == f"{label} ticket {number}"
    )
    action = block["accessory"]["action_id"]
    outcome = await story.people.click_in_view(user, home.id, action, block_id=block["block_id"])
    assert outcome.acked
    assert not outcome.error


async def test_somebody_new_finds_where_to_ask_and_that_nothing_is_open(story: Story) -> None:
    home = await opened(story, sample.FAY)
    shown = wording(home)
    assert f"<#{sample.HELP}>" in shown
    assert sample.TRIAGE not in shown
    assert "You have no open tickets." in shown
    assert labels(home) == ["New ticket"]
    assert "No ticket is open." in wording(await opened(story, sample.BEN))


async def test_requesters_find_their_own_tickets_and_resolve_and_reopen_them(story: Story) -> None:
    await story.posted(sample.HELP, "cannot log in")
    await story.posted(sample.HELP, "the printer is jammed", user=sample.DEE)
    await story.card(says="#2 ")
    await story.settled()
    home = await opened(story, sample.ANA, "Your open tickets (1)")
    assert "Cannot log in\nWe have it · asked" in wording(home)
    assert "printer" not in wording(home)
    root = story.tickets()[0].root_ts or ""
    assert f"/archives/{sample.HELP}/p{root.replace('.', '')}|#1>" in wording(home)

    await press(story, sample.ANA, "Resolve", 1)
    home = await shows(story, sample.ANA, "Resolved lately (1)")
    assert "Resolved by Ana Alvarez" in wording(home)
    assert "You have no open tickets." in wording(home)
    assert story.tickets()[0].status is Status.RESOLVED

    await press(story, sample.ANA, "Reopen", 1)
    home = await shows(story, sample.ANA, "Your open tickets (1)")
    assert "Resolved lately" not in wording(home)
    await story.settled()


async def test_a_click_that_comes_too_late_is_told_on_top_of_the_home(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    await scene.card(says="Reply draft")
    await opened(scene, sample.ANA, "Your open tickets")
    assert "is resolved." in await scene.command(sample.BEN, "resolve 1")
    await press(scene, sample.ANA, "Resolve", 1)
    home = await shows(scene, sample.ANA, "is resolved already")
    assert "is resolved already" in home.blocks[0]["text"]["text"]
    assert "Resolved by Ben Okafor" in wording(home)
    assert "is resolved already" not in wording(await opened(scene, sample.ANA))


async def test_the_form_from_the_home_opens_a_ticket_that_appears_there(scene: Story) -> None:
    home = await opened(scene, sample.ANA)
    outcome = await scene.people.click_in_view(sample.ANA, home.id, ids.NEW_TICKET)
    assert outcome.acked
    assert scene.form(sample.ANA).previous_view_id is None
    await scene.submit(sample.ANA, title="A new badge", details="Mine is lost.")
    home = await shows(scene, sample.ANA, "A new badge")
    assert "private" not in wording(home)
    # Answered by direct message: the requester's own Home links there, too.
    await scene.receipt()
    await scene.settled()
    assert f"/archives/{scene.direct(sample.ANA)}/p" in wording(await opened(scene, sample.ANA))


async def test_agents_find_what_waits_by_who_claimed_it(scene: Story) -> None:
    for number, text in enumerate(("cannot log in", "no wifi", "jammed", "a badge"), start=1):
        await scene.posted(sample.HELP, text)
        await scene.card(says=f"#{number} ")
    await scene.choose(sample.BEN, scene.cards()[0], "Claim")
    await scene.choose(sample.CY, scene.cards()[1], "Claim")
    home = wording(await opened(scene, sample.BEN, "Claimed by others (1)"))
    order = [home.index(part) for part in ("claimed these (2)", "#3>", "#4>", "by you (1)", "#1>")]
    assert order == sorted(order)
    assert home.index("Claimed by others (1)") < home.index("#2>")
    assert home.count("claimed by Cy") == home.count("claimed by") == 1
    assert "Your open tickets" not in home
    card = scene.cards()[2]
    assert f"/archives/{sample.TRIAGE}/p{card.ts.replace('.', '')}|#3>" in home

    await press(scene, sample.BEN, "Open", 3)
    await scene.form_says(sample.BEN, "Reply draft")
    await scene.press(sample.BEN, "approve")
    home = wording(await shows(scene, sample.BEN, "Claimed by you (2)"))
    assert "Nobody has claimed these (1)" in home
    assert "Waiting" in home
    await scene.settled()


# Who finds which of the tickets: #1 is Ana's, #2 Dee's and private, #3 Cy's own and private.
SEEN: Mapping[str, set[int]] = {
    sample.ANA: {1},
    sample.DEE: {2},
    sample.GUS: set(),
    sample.BEN: {1, 2, 3},  # in the channel of private tickets
    sample.CY: {1, 3},  # an agent who is not
}


async def test_everybody_finds_what_they_have_a_right_to(open_private: OpenStory) -> None:
    story = await open_private()
    story.sandbox.workspace.invite(sample.GENERAL, sample.GUS)
    await story.posted(sample.HELP, "cannot log in")
    await story.card(says="#1 ")
    for number, owner in ((2, sample.DEE), (3, sample.CY)):
        await story.ask_privately(owner, title=f"Salary {number}")
        await story.card(says=f"#{number} ", channel=DISCREET)
    await story.settled()
    for user, seen in SEEN.items():
        home = await opened(story, user)
        found = {Target.parse(each["value"]).number for each in elements(home, "button")[1:]}
        assert found == seen, user
        listed = await story.command(user, "list all")
        assert {number for number in (1, 2, 3) if f"#{number} " in listed} == seen, user
        for number in {2, 3} - seen:
            assert f"Salary {number}" not in wording(home), user


async def test_nobody_keeps_before_them_what_they_must_not_see(open_private: OpenStory) -> None:
    story = await open_private()
    asked = await story.posted(sample.HELP, "my salary is wrong")
    await story.posted(sample.HELP, "the wifi is slow", user=sample.DEE)
    await story.card(says="#2 ")
    await story.settled()
    for agent in (sample.BEN, sample.CY):
        await opened(story, agent, "salary")
    await story.choose(sample.BEN, story.cards()[0], "Make private")
    await shows(story, sample.CY, "wifi", without="salary")
    assert "salary" in wording(await shows(story, sample.BEN, "· private"))

    await story.people.leave(sample.CY, sample.TRIAGE)
    await shows(story, sample.CY, "You have no open tickets.", without="wifi")

    await opened(story, sample.ANA, "salary")
    await story.people.delete(sample.ANA, sample.HELP, asked)
    for user in (sample.ANA, sample.BEN):
        await shows(story, user, "As of", without="salary")
    await story.settled()


async def test_who_left_while_the_desk_was_down_keeps_nothing_either(
    open_private: OpenStory,
) -> None:
    story = await open_private()
    await story.ask_privately(sample.ANA, title="Salary")
    await story.settled()
    await opened(story, sample.BEN, "Salary")
    await story.stop()
    slack = story.sandbox.workspace
    for channel in (sample.TRIAGE, DISCREET):
        place = slack.channel(channel)
        slack.put_channel(replace(place, members=place.members - {sample.BEN}))
    await story.start()
    await shows(story, sample.BEN, "You have no open tickets.", without="Salary")
    await story.settled()


async def test_the_other_tab_is_left_alone(scene: Story) -> None:
    outcome = await scene.people.open_home(sample.ANA, "messages")
    assert outcome.acked
    await scene.settled()
    assert scene.sandbox.workspace.views.homes == {}


async def test_an_app_whose_home_is_off_misses_nothing(scene: Story) -> None:
    scene.sandbox.faults.error("views.publish", "not_enabled")
    await scene.ask_privately()
    await scene.receipt()
    await scene.settled()
    query = select(Job.state).where(Job.kind == Kind.HOME)
    assert scene.rows(lambda session: session.scalars(query).all()) == [JobState.DONE]
