"""What becomes a ticket in a channel: mentions everywhere, messages where somebody chose it."""

import asyncio

from bot.sandbox import sample
from bot.sandbox.records import Message
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, labels, wording


async def test_a_mention_is_a_ticket_once(story: Story) -> None:
    """Slack tells of it twice: as a message, and as a mention."""
    asked = await story.posted(sample.GENERAL, "@ticketloop the coffee machine is broken")
    await story.replies(sample.GENERAL, asked, 1)
    await story.settled()
    assert len(story.sandbox.traffic.deliveries("app_mention")) == 1
    [ticket] = story.tickets()
    assert (ticket.source, ticket.raw_text) == ("mention", "the coffee machine is broken")
    await story.posted(sample.GENERAL, "@ticketloop it says E4", thread_ts=asked)
    await story.card(says="it says E4")
    await story.people.edit(sample.ANA, sample.GENERAL, asked, "@ticketloop it is on fire")
    await story.until(lambda: story.tickets()[0].raw_text == "it is on fire")
    await story.settled()
    assert len(story.tickets()) == 1
    assert [each.text for each in story.said()] == ["it is on fire", "it says E4"]


async def test_a_mention_in_a_thread_takes_it_along(story: Story) -> None:
    root = await story.posted(sample.GENERAL, "does the coffee machine work?", user=sample.DEE)
    await story.posted(sample.GENERAL, "@ticketloop no, please help", thread_ts=root)
    await story.replies(sample.GENERAL, root, 1)
    card = await story.card(says="Reply draft")
    assert "From Ana Alvarez" in wording(card)
    await story.settled()
    [ticket] = story.tickets()
    assert (ticket.root_ts, ticket.raw_text) == (root, "no, please help")
    assert {each.text for each in story.said()} == {
        "no, please help",
        "does the coffee machine work?",
    }


async def test_a_mention_in_a_private_thread_leaves_the_others_lines_there(story: Story) -> None:
    """Nobody there was told who would read them."""
    workspace = story.sandbox.workspace
    people = {sample.ANA, sample.DEE, workspace.bot.id}
    board = workspace.add_channel("board", members=people, is_private=True)
    workspace.kick(board.id, workspace.bot.id)
    workspace.join(board.id, workspace.bot.id, sample.ANA)
    await story.until(lambda: [m for m in story.seen(board.id) if m.bot_id])  # it said hello
    root = await story.posted(board.id, "we will move to another floor", user=sample.DEE)
    await story.posted(board.id, "@ticketloop I need a laptop", thread_ts=root)
    await story.until(lambda: [m for m in story.thread(board.id, root) if m.bot_id])
    await story.card(says="Reply draft")
    await story.settled()
    [ticket] = story.tickets()
    assert (ticket.root_ts, ticket.raw_text) == (root, "I need a laptop")
    assert [each.text for each in story.said()] == ["I need a laptop"]
    await story.posted(board.id, "a big one", thread_ts=root)
    await story.card(says="a big one")


async def test_a_channel_for_the_emoji_only(open_story: OpenStory) -> None:
    story = await open_story(intake_channels="#help:emoji")
    await story.posted(sample.HELP, "good morning")
    await story.posted(sample.HELP, "the wifi is down :ticket:")
    await story.until(lambda: len(story.tickets()) == 1)
    await story.posted(sample.HELP, "@ticketloop and the printer", user=sample.DEE)
    await story.until(lambda: len(story.tickets()) == 2)
    chat = await story.posted(sample.HELP, "lunch?")
    await story.posted(sample.HELP, "my badge :ticket:", user=sample.GUS, thread_ts=chat)
    await story.replies(sample.HELP, chat, 1)
    assert [each.source for each in story.tickets()] == ["message", "mention", "message"]
    await story.posted(sample.GENERAL, "outside of intake channels :ticket: is just an emoji")
    await story.settled()
    assert len(story.tickets()) == 3


async def test_what_agents_announce_is_no_request(scene: Story) -> None:
    await scene.posted(sample.HELP, "the VPN will be down tonight", user=sample.BEN)
    await scene.posted(sample.HELP, "my own laptop is broken :ticket:", user=sample.CY)
    await scene.card(says="From Cy Lindqvist")
    await scene.settled()
    assert len(scene.tickets()) == 1


async def test_a_reply_that_is_shown_in_the_channel_too(scene: Story) -> None:
    root = await scene.posted(sample.HELP, "maintenance tonight", user=sample.BEN)
    await scene.posted(sample.HELP, "same as yesterday?", thread_ts=root, user=sample.DEE)
    await scene.posted(
        sample.HELP, "my VPN is down already", thread_ts=root, subtype="thread_broadcast"
    )
    await scene.replies(sample.HELP, root, 1)
    await scene.settled()
    [ticket] = scene.tickets()
    assert (ticket.root_ts, ticket.raw_text) == (root, "my VPN is down already")
    assert len(scene.said()) == 3


async def test_bots_and_workflows_that_are_listed(open_story: OpenStory) -> None:
    story = await open_story(
        intake_bots="B0ALERTS001, B0FORMS0001", group_window=120, requests_per_10_minutes=1
    )
    workspace = story.sandbox.workspace
    robot = workspace.add_person("alerts", "Alerts", id="U0ALERTS001", is_bot=True)
    alert = workspace.post(sample.HELP, robot.id, "disk full", bot_id="B0ALERTS001")
    await story.replies(sample.HELP, alert.ts, 1)
    await story.card(says="From Alerts")
    workflow = {"type": "message", "subtype": "bot_message", "bot_id": "B0FORMS0001"}
    form = workspace.post(sample.HELP, "", "new colleague", subtype="other")
    event = workflow | {
        "channel": sample.HELP,
        "channel_type": "channel",
        "username": "Onboarding",
        "text": form.text,
        "ts": form.ts,
    }
    assert story.sandbox.events.send(event, subscription="message.channels")
    await story.card(says="From Onboarding")
    workspace.post(sample.HELP, robot.id, "not listed", bot_id="B0OTHER0001")
    workspace.post(sample.HELP, robot.id, "network down", bot_id="B0ALERTS001")
    await story.until(lambda: len(story.tickets()) == 3)
    await story.settled()
    assert len(story.cards()) == 3
    assert not [
        each for each in story.sandbox.traffic.calls("users.info") if "B0FORMS" in str(each)
    ]


async def test_a_listed_bot_in_the_agents_channel_asks_all_the_same(open_story: OpenStory) -> None:
    story = await open_story(intake_bots="B0ALERTS001")
    workspace = story.sandbox.workspace
    robot = workspace.add_person("alerts", "Alerts", id="U0ALERTS001", is_bot=True)
    workspace.join(sample.TRIAGE, robot.id, sample.BEN)
    await story.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.settled()
    workspace.post(sample.HELP, robot.id, "disk full", bot_id="B0ALERTS001")
    await story.card(says="From Alerts")


async def test_a_bot_that_writes_in_an_attachment_only(open_story: OpenStory) -> None:
    story = await open_story(intake_bots="B0ALERTS001")
    workspace = story.sandbox.workspace
    robot = workspace.add_person("alerts", "Alerts", id="U0ALERTS001", is_bot=True)
    attachment = {"fallback": "db3: disk full", "title": "db3", "text": "The disk is full"}
    workspace.post(sample.HELP, robot.id, "", bot_id="B0ALERTS001", attachments=(attachment,))
    await story.until(story.tickets)
    assert story.tickets()[0].raw_text == "db3\nThe disk is full"
    await story.settled()


# The bot is invited


def invitations(story: Story, channel: str) -> list[Message]:
    """What the bot said at top level in the channel."""
    return [each for each in story.seen(channel) if each.bot_id and not each.is_reply]


async def invited(story: Story) -> Message:
    """Invite the bot to a new channel; return what it says there."""
    workspace = story.sandbox.workspace
    people = {sample.ANA, sample.BEN, sample.DEE}
    place = workspace.add_channel("lounge", members=people)
    workspace.join(place.id, workspace.bot.id, sample.ANA)
    await story.until(lambda: invitations(story, place.id))
    await story.settled()
    [message] = invitations(story, place.id)
    return message


async def test_the_bot_introduces_itself_and_asks(story: Story) -> None:
    story.sandbox.faults.lose_ack("member_joined_channel", 2)
    hello = await invited(story)
    assert labels(hello) == ["Every message", "Only with :ticket:"]
    assert "which messages here become tickets" in hello.text
    await story.posted(hello.channel, "the sofa is broken :ticket:")
    await story.click(sample.BEN, hello, "every_message")
    place = hello.channel
    await story.until(lambda: labels(invitations(story, place)[0]) == ["Only with :ticket:"])
    [hello] = invitations(story, place)
    assert "Every message here becomes a ticket (Ben Okafor chose it)" in hello.text
    assert story.tickets() == []
    asked = await story.posted(place, "the lamp is broken")
    await story.replies(place, asked, 1)
    await story.click(sample.BEN, hello, "only_emoji")
    await story.until(lambda: labels(invitations(story, place)[0]) == ["Every message"])
    await story.posted(place, "hello everybody")
    await story.posted(place, "the chair is broken :ticket:", user=sample.DEE)
    await story.until(lambda: len(story.tickets()) == 2)
    await story.settled()
    assert [each.raw_text for each in story.tickets()] == [
        "the lamp is broken",
        "the chair is broken :ticket:",
    ]


async def test_admins_and_agents_choose_and_nobody_else(scene: Story) -> None:
    workspace = scene.sandbox.workspace
    hello = await invited(scene)
    place = hello.channel
    admin = workspace.add_person("ivy", "Ivy Admin", id="U0IVY000001", is_admin=True)
    workspace.invite(place, admin.id)
    await scene.click(sample.DEE, hello, "every_message")
    await scene.heard(sample.DEE, place, "Only admins of the workspace and agents")
    await scene.click(admin.id, hello, "every_message")
    await scene.heard(admin.id, place, "I am asking Slack whether you are one")
    await scene.settled()
    await scene.click(admin.id, hello, "every_message")
    await scene.until(lambda: "Ivy Admin chose it" in invitations(scene, place)[0].text)
    assert len(invitations(scene, place)) == 1


async def test_what_was_chosen_survives_and_is_said_again(scene: Story) -> None:
    workspace = scene.sandbox.workspace
    hello = await invited(scene)
    place = hello.channel
    await scene.click(sample.BEN, hello, "every_message")
    await scene.until(lambda: "chose it" in invitations(scene, place)[0].text)
    await scene.stop()
    await scene.start()
    workspace.kick(place, workspace.bot.id)
    workspace.join(place, workspace.bot.id)
    await scene.until(lambda: len(invitations(scene, place)) == 2)
    assert "Ben Okafor chose it" in invitations(scene, place)[1].text
    asked = await scene.posted(place, "the lamp is broken")
    await scene.replies(place, asked, 1)


async def test_an_admin_s_choice_overrides_the_settings(scene: Story) -> None:
    workspace = scene.sandbox.workspace
    workspace.kick(sample.HELP, workspace.bot.id)
    workspace.join(sample.HELP, workspace.bot.id)
    await scene.until(lambda: invitations(scene, sample.HELP))
    [hello] = invitations(scene, sample.HELP)
    assert "by the desk's settings" in hello.text
    await scene.click(sample.BEN, hello, "only_emoji")
    await scene.until(lambda: "Ben Okafor" in invitations(scene, sample.HELP)[0].text)
    await scene.posted(sample.HELP, "cannot log in")
    await scene.settled()
    assert scene.tickets() == []


async def test_two_choose_at_once(story: Story) -> None:
    """The message says what holds."""
    hello = await invited(story)
    await asyncio.gather(
        story.click(sample.BEN, hello, "every_message"),
        story.click(sample.BEN, hello, "only_emoji"),
    )
    await story.settled()
    [shown] = invitations(story, hello.channel)
    await story.posted(hello.channel, "hello everybody")
    await story.settled()
    assert len(story.tickets()) == ("Every message here" in shown.text)
