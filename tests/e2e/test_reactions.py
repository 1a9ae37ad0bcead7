"""A reaction with the ticket emoji makes a ticket of a message."""

import asyncio

from bot.sandbox import sample
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording


async def test_the_author_s_reaction(story: Story) -> None:
    """Slack tells who and where only; text, files and thread are fetched."""
    asked = await story.posted(sample.GENERAL, "the coffee machine is broken")
    await story.posted(sample.GENERAL, "it says E4", thread_ts=asked)
    await story.people.react(sample.ANA, sample.GENERAL, asked, "ticket")
    [receipt] = await story.replies(sample.GENERAL, asked, 1)
    assert receipt.text == "Ticket #1 · We have it. You will be answered in this thread."
    card = await story.card(says="Reply draft")
    assert "coffee machine is broken" in wording(card)
    assert "From Ana Alvarez" in wording(card)
    await story.settled()
    [ticket] = story.tickets()
    assert (ticket.source, ticket.raw_text) == ("reaction", "the coffee machine is broken")
    assert [each.text for each in story.said()] == ["the coffee machine is broken", "it says E4"]
    assert len(story.cards()) == 1


async def test_an_agent_s_reaction_and_that_of_others(scene: Story) -> None:
    asked = await scene.posted(sample.GENERAL, "the coffee machine is broken")
    await scene.people.react(sample.DEE, sample.GENERAL, asked, "ticket")
    told = await scene.heard(sample.DEE, sample.GENERAL, "No ticket was made")
    assert "only the author of a message, or an agent" in told
    assert scene.tickets() == []
    await scene.people.react(sample.BEN, sample.GENERAL, asked, "eyes")
    await scene.people.react(sample.BEN, sample.GENERAL, asked, "ticket")
    await scene.replies(sample.GENERAL, asked, 1)
    assert "From Ana Alvarez" in wording(await scene.card(says="Reply draft"))
    [opened] = scene.audit("opened")
    assert opened.surface == "reaction"


async def test_two_people_and_the_same_reaction_twice(story: Story) -> None:
    asked = await story.posted(sample.GENERAL, "the coffee machine is broken")
    story.sandbox.faults.lose_ack("reaction_added", 2)
    await asyncio.gather(
        *(
            story.people.react(user, sample.GENERAL, asked, "ticket")
            for user in (sample.BEN, sample.CY)
        )
    )
    await story.people.unreact(sample.BEN, sample.GENERAL, asked, "ticket")
    await story.people.react(sample.BEN, sample.GENERAL, asked, "ticket")
    await story.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.settled()
    assert len(story.tickets()) == 1
    assert len(story.cards()) == 1
    await story.replies(sample.GENERAL, asked, 1)


async def test_on_a_reply_the_whole_thread_is_the_ticket(story: Story) -> None:
    root = await story.posted(sample.GENERAL, "a question", user=sample.DEE)
    reply = await story.posted(sample.GENERAL, "my badge is broken", thread_ts=root)
    await story.people.react(sample.ANA, sample.GENERAL, reply, "ticket")
    await story.replies(sample.GENERAL, root, 1)
    [ticket] = story.tickets()
    assert (ticket.root_ts, ticket.raw_text) == (root, "my badge is broken")
    await story.posted(sample.GENERAL, "the red one", thread_ts=root)
    await story.card(says="the red one")
    await story.people.react(sample.DEE, sample.GENERAL, root, "ticket")
    await story.settled()
    assert len(story.tickets()) == 1


async def test_a_reply_in_a_thread_that_is_a_ticket_unknown_to_it(scene: Story) -> None:
    """Said while the desk could not hear it: the thread has a ticket, so it makes no other one."""
    root = await scene.posted(sample.HELP, "cannot log in")
    await scene.replies(sample.HELP, root, 1)
    workspace, bot = scene.sandbox.workspace, scene.sandbox.workspace.bot.id
    workspace.kick(sample.HELP, bot)
    reply = await scene.posted(sample.HELP, "error 7", user=sample.DEE, thread_ts=root)
    workspace.invite(sample.HELP, bot)
    await scene.people.react(sample.BEN, sample.HELP, reply, "ticket")
    await scene.settled()
    first, second = scene.tickets()
    assert first.withdrawn_at is None
    assert second.withdrawn_at is not None
    await scene.replies(sample.HELP, root, 1)


async def test_in_a_ticket_it_does_nothing(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    [receipt] = await scene.replies(sample.HELP, asked, 1)
    for ts in (asked, receipt.ts):
        await scene.people.react(sample.BEN, sample.HELP, ts, "ticket")
    await scene.settled()
    assert len(scene.tickets()) == 1
    assert scene.told(sample.BEN, sample.HELP) == []


async def test_where_few_people_read_it_points_to_the_shortcut(scene: Story) -> None:
    workspace = scene.sandbox.workspace
    people = {sample.ANA, sample.BEN, workspace.bot.id}
    place = workspace.add_channel("kitchen", members=people - {workspace.bot.id}, is_private=True)
    workspace.invite(place.id, workspace.bot.id)
    asked = await scene.posted(place.id, "the fridge is warm")
    await scene.people.react(sample.ANA, place.id, asked, "ticket")
    assert "it says first who will see it" in await scene.heard(
        sample.ANA, place.id, "No ticket was made"
    )
    direct = scene.direct(sample.ANA)
    thanks = await scene.posted(direct, "thanks!")
    await scene.people.react(sample.ANA, direct, thanks, "ticket")
    await scene.heard(sample.ANA, direct, "No ticket was made")
    assert scene.tickets() == []


async def test_a_private_channel_known_from_the_start(open_story: OpenStory, scene: Story) -> None:
    workspace = scene.sandbox.workspace
    people = {sample.ANA, workspace.bot.id}
    place = workspace.add_channel("kitchen", members=people, is_private=True)
    await scene.stop()
    await scene.start()
    asked = await scene.posted(place.id, "the fridge is warm")
    await scene.people.react(sample.ANA, place.id, asked, "ticket")
    await scene.heard(sample.ANA, place.id, "No ticket was made")
    assert scene.tickets() == []


async def test_the_emoji_is_the_operator_s(open_story: OpenStory) -> None:
    story = await open_story(ticket_emoji=":sos:")
    asked = await story.posted(sample.GENERAL, "the coffee machine is broken")
    await story.people.react(sample.ANA, sample.GENERAL, asked, "ticket")
    await story.people.react(sample.ANA, sample.GENERAL, asked, "sos")
    await story.replies(sample.GENERAL, asked, 1)


async def test_a_message_that_is_gone_before_it_was_fetched(scene: Story) -> None:
    asked = await scene.posted(sample.GENERAL, "the coffee machine is broken")
    scene.sandbox.faults.error("conversations.replies", "thread_not_found", 2)
    await scene.people.react(sample.ANA, sample.GENERAL, asked, "ticket")
    await scene.card(says="Ana Alvarez deleted the request")
    await scene.settled()
    assert scene.thread(sample.GENERAL, asked) == []


async def test_agents_announce_by_reaction(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "the VPN will be down tonight", user=sample.BEN)
    await scene.settled()
    assert scene.tickets() == []
    await scene.people.react(sample.BEN, sample.HELP, asked, "ticket")
    await scene.replies(sample.HELP, asked, 1)
