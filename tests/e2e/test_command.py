"""``/ticket`` and its verbs, each within the rights of whoever says it."""

import pytest
from sqlalchemy import update

from bot.sandbox import sample
from storage.tables import Message as Said
from storage.tables import Status, TriageStatus, Visibility
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story, wording

LISTS = "list [mine|open|waiting|resolved|all]"
HELP_FOR_ALL = (LISTS, "show 42", "resolve 42", "reopen 42", "new")


async def two_tickets(story: Story) -> None:
    """Ana and Dee have asked something; #1 and #2 stand."""
    for number, (user, text) in enumerate(
        [(sample.ANA, "cannot log in"), (sample.DEE, "the printer is jammed")], start=1
    ):
        await story.posted(sample.HELP, text, user=user)
        await story.card(says=f"#{number} ")
    await story.settled()


async def test_requesters_list_their_own_tickets_and_agents_all(story: Story) -> None:
    await two_tickets(story)
    own = await story.command(sample.ANA, "list")
    assert own.splitlines()[0] == "Your tickets"
    assert "#1 · New · normal · Cannot log in · " in own
    assert "printer" not in own
    assert "printer" not in await story.command(sample.ANA, "list all")

    every = (await story.command(sample.BEN, "list all")).splitlines()
    assert every[0] == "All tickets"
    assert every[1].startswith("#2 · New · normal · The printer is jammed · Dee Nakamura · ")
    assert every[2].startswith("#1 · New · normal · Cannot log in · Ana Alvarez · ")
    assert await story.command(sample.BEN, "list") == "Your tickets: there are none."
    card, link = story.cards()[-1], "/archives/C0TRIAGE001/p"
    shown = wording(story.seen(sample.GENERAL, sample.BEN)[-2])
    assert f"{link}{card.ts.replace('.', '')}|#2>" in shown


async def test_each_list_has_the_tickets_of_its_status(scene: Story) -> None:
    await two_tickets(scene)
    await scene.click(sample.BEN, scene.cards()[0], "approve")
    await scene.command(sample.BEN, "resolve 2")
    await scene.posted(sample.HELP, "the wifi is slow")
    await scene.card(says="#3 ")
    await scene.settled()
    lists = {
        which: [
            line.split()[0]
            for line in (await scene.command(sample.BEN, f"list {which}")).splitlines()[1:]
        ]
        for which in ("open", "waiting", "resolved", "all", "mine")
    }
    assert lists == {
        "open": ["#3"],
        "waiting": ["#1"],
        "resolved": ["#2"],
        "all": ["#3", "#2", "#1"],
        "mine": ["#1"],  # whose assignee Ben is, because he answered
    }
    assert "Waiting" in await scene.command(sample.ANA, "list")


async def test_a_long_list_shows_twenty_and_says_how_many_more(scene: Story) -> None:
    for number in range(22):
        await scene.posted(sample.HELP, f"<b>&*{number}" + "&_" * 60)
    await scene.settled(60)
    said = (await scene.command(sample.BEN, "list open")).splitlines()
    assert said[0] == "Open tickets"
    assert [line.split()[0] for line in said[1:4]] == ["#22", "#21", "#20"]
    shown = wording(scene.seen(sample.GENERAL, sample.BEN)[-1]).splitlines()
    assert len(shown) == 22
    assert shown[-1] == "and 2 more"
    assert "&amp;&amp;" in shown[1]
    assert len(said) == 22, "the plain text is not complete"


async def test_what_was_set_aside_is_in_no_list(scene: Story) -> None:
    await two_tickets(scene)
    await scene.choose(sample.BEN, scene.cards()[0], "Not a ticket")
    assert "#1" not in await scene.command(sample.BEN, "list all")
    assert await scene.command(sample.ANA, "list") == "Your tickets: there are none."


async def test_show_tells_the_requester_what_was_said_and_no_more(story: Story) -> None:
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.answer_by_hand(sample.BEN, card, "Which system is it?")
    await story.settled()
    await story.posted(sample.HELP, "a note", user=sample.CY, thread_ts=asked)
    await story.until(lambda: len(story.said()) == 3)
    with story.database.writing() as session:
        session.execute(
            update(Said).where(Said.text == "a note").values(visibility=Visibility.INTERNAL)
        )
    told = await story.command(sample.ANA, "show 1")
    for part in (
        "#1 Cannot log in",
        "Answered, waiting for the requester · claimed by Ben Okafor",
        "normal priority",
        "Requester Ana Alvarez: cannot log in",
        "Agent Ben Okafor: Which system is it?",
    ):
        assert part in told
    shown = told + wording(story.seen(sample.GENERAL, sample.ANA)[-1])
    draft = story.results()[0].reply_draft
    for part in ("a note", draft, "Go to the card"):
        assert part not in shown
    assert f"/archives/{sample.HELP}/p" in shown

    for_agents = await story.command(sample.BEN, "show 1")
    assert "Go to the card" in for_agents
    assert "a note" not in for_agents
    assert draft not in for_agents


async def test_the_summary_is_for_agents(scene: Story) -> None:
    long = "My laptop does not start. It beeps three times. The light is red. What shall I do?"
    await scene.posted(sample.HELP, long)
    await scene.settled()
    summary = scene.results()[0].summary
    assert summary
    answer = await scene.command(sample.BEN, "show #1")
    assert answer.count(summary[:40]) == 2  # the summary, and what Ana wrote
    assert (await scene.command(sample.ANA, "show #1")).count(summary[:40]) == 1


@pytest.mark.parametrize("number", ["2", "77", "#0", "9223372036854775808", "9" * 40])
@pytest.mark.parametrize("verb", ["show", "resolve", "reopen"])
async def test_another_s_number_answers_like_an_unknown_one(
    scene: Story, verb: str, number: str
) -> None:
    await two_tickets(scene)
    told = await scene.command(sample.ANA, f"{verb} {number}")
    assert told == f"There is no ticket #{int(number.lstrip('#'))} among yours."
    assert scene.tickets()[1].status is Status.NEW
    denied = scene.audit("denied")
    if number == "2":
        [event] = denied
        assert (event.ticket_id, event.surface, event.details) == (2, "command", {"tried": verb})
    else:
        assert denied == []


async def test_the_requester_resolves_and_reopens(story: Story) -> None:
    await two_tickets(story)
    assert await story.command(sample.ANA, "resolve 1") == "Ticket #1 is resolved."
    await story.card(says="resolved by Ana Alvarez", which=0)
    assert "is resolved already" in await story.command(sample.ANA, "resolve 1")
    assert await story.command(sample.ANA, "reopen 1") == "Ticket #1 is open again."
    assert "is open already" in await story.command(sample.ANA, "reopen ０１")
    assert [each.surface for each in story.audit("resolved")] == ["command"]
    assert [each.surface for each in story.audit("reopened")] == ["command"]
    await story.settled()


async def test_triage_is_for_agents_and_needs_force_to_be_done_again(scene: Story) -> None:
    await two_tickets(scene)
    assert "Only agents can do this." in await scene.command(sample.ANA, "triage 1")
    assert "is triaged already" in await scene.command(sample.BEN, "triage 1")
    assert len(scene.results()) == 2
    assert "is being triaged" in await scene.command(sample.BEN, "triage 1 force")
    await scene.settled()
    assert len(scene.results()) == 3
    assert scene.tickets()[0].triage_status is TriageStatus.COMPLETED
    assert [each.surface for each in scene.audit("triage_asked")] == ["command"]


async def test_help_says_what_the_caller_may(scene: Story) -> None:
    for requester in (sample.ANA, sample.DEE):
        told = await scene.command(requester, "help")
        for part in HELP_FOR_ALL:
            assert f"/ticket {part}" in told
        assert "triage" not in told
    assert "/ticket triage 42 [force]" in await scene.command(sample.BEN, "help")


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("show me how to print", "/ticket show 42"),
        ("resolve", "/ticket resolve 42"),
        ("list everything", f"/ticket {LISTS}"),
        ("help me", "/ticket help"),
    ],
)
async def test_wrong_use_is_told_the_right_one_and_makes_no_ticket(
    scene: Story, said: str, right: str
) -> None:
    told = await scene.command(sample.ANA, said)
    assert right in told
    assert "/ticket new" in told
    assert scene.tickets() == []
    assert scene.told(sample.DEE, sample.GENERAL) == []


async def test_new_opens_a_ticket_of_any_text(scene: Story) -> None:
    told = await scene.command(sample.ANA, "new show me how to print")
    assert told.startswith("Ticket #1 is open.")
    assert scene.tickets()[0].raw_text == "show me how to print"
    await scene.settled()


async def test_a_private_ticket_is_there_for_those_who_may_see_it(
    open_private: OpenStory,
) -> None:
    story = await open_private()
    await story.ask_privately(sample.DEE)
    await story.card(says="My salary", channel=DISCREET)
    await story.settled()
    for verb in ("show", "resolve", "reopen", "triage"):
        assert await story.command(sample.CY, f"{verb} 1") == "There is no ticket #1 among yours."
    for which in ("mine", "open", "waiting", "resolved", "all"):
        assert "there are none" in await story.command(sample.CY, f"list {which}")
    for insider in (sample.BEN, sample.DEE):
        assert "My salary" in await story.command(insider, "list open")
        assert "My salary" in await story.command(insider, "show 1")
    assert len(story.audit("denied")) == 4


async def test_an_agent_s_own_private_ticket_is_theirs(open_private: OpenStory) -> None:
    story = await open_private()
    await story.ask_privately(sample.CY)
    await story.settled()
    assert "My salary" in await story.command(sample.CY, "list all")
    assert "My salary" in await story.command(sample.CY, "show 1")
