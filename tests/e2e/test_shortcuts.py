"""The shortcuts: on a message, and the one that is always at hand."""

from bot.sandbox import sample
from bot.sandbox.records import Channel
from tests.e2e.conftest import over_both
from tests.e2e.story import Story, labels, wording


async def test_the_shortcut_in_a_channel_takes_the_thread_along(story: Story) -> None:
    root = await story.posted(sample.GENERAL, "the coffee machine is broken")
    await story.posted(sample.GENERAL, "it says E4", thread_ts=root)
    await story.posted(sample.GENERAL, "same on floor 2", user=sample.DEE, thread_ts=root)
    await story.people.message_shortcut(sample.BEN, "make_ticket", sample.GENERAL, root)
    card = await story.card(says="Reply draft")
    assert "From Ana Alvarez" in wording(card)
    [receipt] = await story.replies(sample.GENERAL, root, 1)
    assert "Ticket #1" in receipt.text
    assert sorted(each.text for each in story.said()) == [
        "it says E4",
        "same on floor 2",
        "the coffee machine is broken",
    ]
    assert story.tickets()[0].source == "shortcut"
    await story.people.message_shortcut(sample.CY, "make_ticket", sample.GENERAL, root)
    await story.heard(sample.CY, sample.GENERAL, "This is ticket #1 already.")


@over_both
async def test_the_shortcut_on_a_reply(scene: Story) -> None:
    """The whole thread becomes the ticket; what stood there before is not news."""
    root = await scene.posted(sample.GENERAL, "hello, a question")
    reply = await scene.posted(sample.GENERAL, "my badge is broken", thread_ts=root)
    await scene.people.message_shortcut(sample.ANA, "make_ticket", sample.GENERAL, reply)
    card = await scene.card(says="Reply draft")
    await scene.settled()
    assert "wrote more" not in wording(scene.cards()[0])
    await scene.replies(sample.GENERAL, root, 1)
    await scene.posted(sample.GENERAL, "the red one", thread_ts=root)
    card = await scene.card(says="the red one")
    assert "wrote more" in wording(card)


async def test_the_shortcut_in_a_ticket_s_thread(scene: Story) -> None:
    root = await scene.posted(sample.HELP, "cannot log in")
    reply = await scene.posted(sample.HELP, "help!", thread_ts=root)
    await scene.people.message_shortcut(sample.DEE, "make_ticket", sample.HELP, reply)
    await scene.heard(sample.DEE, sample.HELP, "This is ticket #1 already.")
    await scene.settled()
    assert len(scene.tickets()) == 1


async def test_the_shortcut_on_the_desk_s_own_card(scene: Story) -> None:
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()  # the desk knows where its card stands
    await scene.people.message_shortcut(sample.BEN, "make_ticket", sample.TRIAGE, card.ts)
    await scene.heard(sample.BEN, sample.TRIAGE, "This is ticket #1 already.")
    assert len(scene.tickets()) == 1


async def test_the_shortcut_is_for_the_author_and_agents(scene: Story) -> None:
    asked = await scene.posted(sample.GENERAL, "the coffee machine is broken")
    await scene.people.message_shortcut(sample.DEE, "make_ticket", sample.GENERAL, asked)
    told = await scene.heard(sample.DEE, sample.GENERAL, "No ticket was made")
    assert "only the author of a message, or an agent" in told
    assert scene.tickets() == []
    await scene.people.message_shortcut(sample.ANA, "make_ticket", sample.GENERAL, asked)
    [receipt] = await scene.replies(sample.GENERAL, asked, 1)
    assert "Ticket #1" in receipt.text
    assert scene.told(sample.ANA, sample.GENERAL) == []


async def test_the_shortcut_on_a_bot_s_message(scene: Story) -> None:
    alert = scene.sandbox.workspace.post(
        sample.GENERAL, "U0OTHERBOT1", "disk full", bot_id="B0OTHER02", subtype="bot_message"
    )
    await scene.people.message_shortcut(sample.DEE, "make_ticket", sample.GENERAL, alert.ts)
    await scene.heard(sample.DEE, sample.GENERAL, "No ticket was made")
    await scene.people.message_shortcut(sample.BEN, "make_ticket", sample.GENERAL, alert.ts)
    card = await scene.card(says="Reply draft")
    assert "From Ben Okafor" in wording(card)
    assert [each.text for each in scene.said()] == ["disk full"]
    await scene.settled()


async def test_nothing_said_among_agents_becomes_a_ticket(scene: Story) -> None:
    """Neither by shortcut nor emoji nor mention; on a card the shortcut says which one it is."""
    aside = await scene.posted(sample.TRIAGE, "@ticketloop :ticket: who is on duty?", sample.BEN)
    await scene.people.message_shortcut(sample.BEN, "make_ticket", sample.TRIAGE, aside)
    await scene.heard(sample.BEN, sample.TRIAGE, "belongs to the agents")
    await scene.people.react(sample.CY, sample.TRIAGE, aside, "ticket")
    await scene.heard(sample.CY, sample.TRIAGE, "belongs to the agents")
    await scene.posted(sample.TRIAGE, "@ticketloop :ticket: me", sample.CY, thread_ts=aside)
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()  # the desk knows where its card stands
    note = await scene.posted(
        sample.TRIAGE, "@ticketloop :ticket: hm", sample.CY, thread_ts=card.ts
    )
    await scene.people.message_shortcut(sample.BEN, "make_ticket", sample.TRIAGE, note)
    await scene.heard(sample.BEN, sample.TRIAGE, "This is ticket #1 already.")
    await scene.settled()
    assert len(scene.tickets()) == 1


def kitchen(scene: Story, *members: str) -> Channel:
    """A private channel of these people."""
    return scene.sandbox.workspace.add_channel("kitchen", members=set(members), is_private=True)


async def test_from_a_private_channel_it_says_first_who_will_see_it(story: Story) -> None:
    place = kitchen(story, sample.ANA, sample.BEN, story.sandbox.workspace.bot.id)
    asked = await story.posted(place.id, "the fridge is <warm> & loud")
    await story.posted(place.id, "since monday", thread_ts=asked)
    await story.people.message_shortcut(sample.ANA, "make_ticket", place.id, asked)
    form = story.form(sample.ANA)
    words = "\n".join(block["text"]["text"] for block in form.blocks)
    assert "all agents of the help desk can read this message and its thread" in words
    assert "the fridge is <warm> & loud" in words
    assert story.tickets() == []
    outcome = await story.people.submit_view(sample.ANA, form.id)
    assert outcome.acked
    assert "Ticket #1 is open" in story.form(sample.ANA).blocks[0]["text"]["text"]
    await story.replies(place.id, asked, 1)
    await story.settled()
    assert {each.text for each in story.said()} == {"the fridge is <warm> & loud", "since monday"}
    await story.people.message_shortcut(sample.BEN, "make_ticket", place.id, asked)
    await story.heard(sample.BEN, place.id, "This is ticket #1 already.")


async def test_a_confirmation_that_is_cancelled_or_comes_twice(scene: Story) -> None:
    place = kitchen(scene, sample.ANA, scene.sandbox.workspace.bot.id)
    asked = await scene.posted(place.id, "the fridge is warm")
    await scene.people.message_shortcut(sample.ANA, "make_ticket", place.id, asked)
    first = scene.form(sample.ANA)
    await scene.people.close_view(sample.ANA, first.id)
    assert scene.tickets() == []
    await scene.people.message_shortcut(sample.ANA, "make_ticket", place.id, asked)
    form = scene.form(sample.ANA).id
    await scene.people.submit_view(sample.ANA, form)
    await scene.people.submit_view(sample.ANA, form)
    assert len(scene.tickets()) == 1


async def test_where_the_bot_is_not_it_goes_on_by_direct_message(story: Story) -> None:
    """It has the one message; the person is told so, and where the answer will be."""
    place = kitchen(story, sample.ANA, sample.BEN)
    long = "x" * 3_500
    asked = await story.posted(place.id, f"the fridge is warm {long}")
    reply = await story.posted(place.id, "since monday", thread_ts=asked)
    await story.people.message_shortcut(sample.ANA, "make_ticket", place.id, asked)
    await story.submit(sample.ANA)
    receipt = await story.receipt(says="so I took the one message")
    card = await story.card(says="Reply draft")
    assert "From Ana Alvarez" in wording(card)
    await story.click(sample.BEN, card, "approve")
    await story.replies(story.direct(sample.ANA), receipt.ts, 1)
    [said] = [each for each in story.said() if each.role == "requester"]
    assert said.text == f"the fridge is warm {long}"
    for ts in (asked, reply):
        await story.people.message_shortcut(sample.BEN, "make_ticket", place.id, ts)
    await story.until(lambda: len(story.told(sample.BEN, place.id)) == 2)
    assert set(story.told(sample.BEN, place.id)) == {"This is ticket #1 already."}
    await story.settled()
    assert len(story.tickets()) == 1


async def test_in_a_public_channel_without_the_bot(scene: Story) -> None:
    place = scene.sandbox.workspace.add_channel("lounge", members={sample.ANA, sample.BEN})
    asked = await scene.posted(place.id, "the sofa is broken")
    await scene.people.message_shortcut(sample.BEN, "make_ticket", place.id, asked)
    told = await scene.heard(sample.BEN, place.id, "Ticket #1 is open")
    assert "I took this one message" in told
    await scene.receipt(says="so I took the one message")
    assert "From Ana Alvarez" in wording(await scene.card(says="Reply draft"))


async def test_from_a_direct_message_the_ticket_is_private(scene: Story) -> None:
    pair = scene.sandbox.workspace.add_channel("", is_im=True, members={sample.ANA, sample.BEN})
    asked = await scene.posted(pair.id, "my payslip is wrong")
    await scene.people.message_shortcut(sample.BEN, "make_ticket", pair.id, asked)
    assert "direct message" in scene.form(sample.BEN).blocks[0]["text"]["text"]
    await scene.submit(sample.BEN)
    await scene.receipt(says="so I took the one message")
    [ticket] = scene.tickets()
    assert ticket.private
    assert ticket.raw_text == "my payslip is wrong"


async def test_direct_messages_of_several_people_are_no_less_private(scene: Story) -> None:
    people = {sample.ANA, sample.BEN, sample.DEE}
    group = scene.sandbox.workspace.add_channel(
        "mpdm-ana--ben--dee-1", is_private=True, members=people
    )
    asked = await scene.posted(group.id, "my payslip is wrong")
    await scene.people.message_shortcut(sample.BEN, "make_ticket", group.id, asked)
    assert "direct message" in scene.form(sample.BEN).blocks[0]["text"]["text"]
    assert scene.tickets() == []
    await scene.submit(sample.BEN)
    await scene.receipt(says="so I took the one message")
    assert scene.tickets()[0].private


async def test_while_slack_cannot_be_read_the_ticket_waits_for_its_thread(scene: Story) -> None:
    asked = await scene.posted(sample.GENERAL, "the coffee machine is broken")
    await scene.posted(sample.GENERAL, "it says E4", thread_ts=asked)
    scene.sandbox.faults.fail("conversations.replies", 2, status=503)
    await scene.people.message_shortcut(sample.ANA, "make_ticket", sample.GENERAL, asked)
    await scene.replies(sample.GENERAL, asked, 1)
    assert {each.text for each in scene.said()} == {"the coffee machine is broken", "it says E4"}


async def test_the_global_shortcut_opens_the_form(scene: Story) -> None:
    await scene.people.global_shortcut(sample.ANA, "new_ticket")
    await scene.submit(sample.ANA, title="New badge", details="Mine is broken.")
    receipt = await scene.receipt()
    assert "New badge" in wording(receipt)
    assert labels(receipt) == ["Resolve"]
    assert scene.tickets()[0].source == "form"
