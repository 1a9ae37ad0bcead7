"""Nobody opens so many tickets that agents would not see those of others."""

import asyncio
from datetime import timedelta

from bot.sandbox import sample
from storage.tables import utcnow
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story

LIMIT = {"requests_per_10_minutes": 2}
TOLD = "This was not taken: you opened 2 tickets"


def notices(story: Story) -> list[str]:
    """What agents were told of people who ask for too much."""
    return [each.text for each in story.cards() if "tickets within ten minutes" in each.text]


async def fill(story: Story) -> None:
    """Let Ana open as many tickets as she may."""
    for number in (1, 2):
        await story.posted(sample.HELP, f"request {number}")
    await story.until(lambda: len(story.tickets()) == 2)


async def test_every_way_in_is_limited(open_story: OpenStory) -> None:
    story = await open_story(**LIMIT)
    await fill(story)
    aside = await story.posted(sample.GENERAL, "the coffee machine is broken")
    people, direct = story.people, story.direct(sample.ANA)

    await story.posted(sample.HELP, "request 3")
    await story.heard(sample.ANA, sample.HELP, TOLD)
    await story.posted(sample.GENERAL, "@ticketloop request 4")
    await story.heard(sample.ANA, sample.GENERAL, TOLD)
    await story.posted(direct, "request 5")
    await story.heard(sample.ANA, direct, TOLD)
    told = len(story.told(sample.ANA, sample.GENERAL))
    await people.react(sample.ANA, sample.GENERAL, aside, "ticket")
    await story.until(lambda: len(story.told(sample.ANA, sample.GENERAL)) > told)
    told = len(story.told(sample.ANA, sample.GENERAL))
    await people.message_shortcut(sample.ANA, "make_ticket", sample.GENERAL, aside)
    await story.until(lambda: len(story.told(sample.ANA, sample.GENERAL)) > told)
    told = len(story.told(sample.ANA, sample.GENERAL))
    await people.slash(sample.ANA, sample.GENERAL, "/ticket", "request 6")
    await story.until(lambda: len(story.told(sample.ANA, sample.GENERAL)) > told)
    await people.global_shortcut(sample.ANA, "new_ticket")
    outcome = await story.submit(
        sample.ANA, title="A", details="B", on_behalf_of=sample.DEE, email="dee@acme.example"
    )
    assert TOLD in outcome.errors["title"]

    await story.settled()
    assert all(text.startswith(TOLD) for text in story.told(sample.ANA, sample.GENERAL))
    assert len(story.tickets()) == 2
    assert [each.text for each in story.said()] == ["request 1", "request 2"]
    assert len(notices(story)) == 1
    assert "Ana Alvarez" in notices(story)[0]


async def test_others_and_agents_go_on(open_story: OpenStory) -> None:
    story = await open_story(**LIMIT)
    await fill(story)
    await story.posted(sample.HELP, "request of another", user=sample.DEE)
    asked = await story.posted(sample.GENERAL, "the coffee machine is broken")
    for _ in range(3):
        await story.people.slash(sample.BEN, sample.GENERAL, "/ticket", "an agent's")
    await story.people.react(sample.BEN, sample.GENERAL, asked, "ticket")
    await story.until(lambda: len(story.tickets()) == 7)
    await story.settled()
    assert notices(story) == []


async def test_what_is_opened_for_others_counts_for_who_opened_it(open_story: OpenStory) -> None:
    story = await open_story(**LIMIT)
    for other in (sample.DEE, sample.GUS):
        await story.people.global_shortcut(sample.ANA, "new_ticket")
        await story.submit(sample.ANA, title="A", details="B", on_behalf_of=other)
    await story.posted(sample.HELP, "my own")
    await story.heard(sample.ANA, sample.HELP, TOLD)
    await story.posted(sample.HELP, "my own", user=sample.DEE)
    await story.until(lambda: len(story.tickets()) == 3)


async def test_after_a_while_it_is_possible_again(open_story: OpenStory) -> None:
    story = await open_story(**LIMIT)
    await fill(story)
    await story.settled()
    with story.database.writing() as session:
        for ticket in story.tickets():
            session.merge(ticket).created_at = utcnow() - timedelta(minutes=11)
    await story.posted(sample.HELP, "request 3")
    await story.until(lambda: len(story.tickets()) == 3)


async def test_many_at_once_on_both_databases(story: Story) -> None:
    await story.stop()
    story.settings = story.settings.model_copy(update=LIMIT)
    await story.start()
    await asyncio.gather(*(story.posted(sample.HELP, f"request {number}") for number in range(8)))
    await story.until(lambda: len(story.told(sample.ANA, sample.HELP)) == 6)
    await story.settled()
    assert len(story.tickets()) == 2
    assert len(notices(story)) == 1


async def test_a_mention_too_many_is_refused_once(open_story: OpenStory) -> None:
    """Though Slack tells of it twice."""
    story = await open_story(**LIMIT)
    await fill(story)
    await story.posted(sample.GENERAL, "@ticketloop request 3")
    await story.heard(sample.ANA, sample.GENERAL, TOLD)
    await story.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.stop()  # which waits for what it is about to tell
    assert len(story.sandbox.traffic.deliveries("app_mention")) == 1
    assert len(story.told(sample.ANA, sample.GENERAL)) == 1


async def test_what_slack_tells_twice_counts_once(story: Story) -> None:
    """A mention comes as two events at once; the second finds the ticket of the first."""
    await story.stop()
    story.settings = story.settings.model_copy(update={"requests_per_10_minutes": 1})
    await story.start()
    people = (sample.ANA, sample.DEE, sample.GUS, sample.FAY)
    await asyncio.gather(
        *(story.posted(sample.HELP, "@ticketloop help me", user=user) for user in people)
    )
    await story.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.settled()
    assert len(story.sandbox.traffic.deliveries("app_mention")) == len(people)
    assert len(story.tickets()) == len(people)
    assert [story.told(user, sample.HELP) for user in people] == [[]] * len(people)
    assert notices(story) == []


async def test_taking_out_what_joined_is_limited_too(open_story: OpenStory) -> None:
    story = await open_story(**LIMIT)
    place = story.direct(sample.ANA)
    asked = await story.posted(place, "my mouse is dead")
    [receipt] = await story.replies(place, asked, 1)
    await story.people.slash(sample.ANA, sample.HELP, "/ticket", "another")
    await story.posted(place, "and my badge is broken")
    await story.until(lambda: len(story.said()) == 3)
    await story.settled()
    await story.click(sample.ANA, receipt, "split")
    await story.heard(sample.ANA, place, TOLD)
    assert len(story.tickets()) == 2
