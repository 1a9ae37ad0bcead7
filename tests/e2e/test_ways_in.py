"""How a request becomes a ticket, and what does not."""

import asyncio
import time
from typing import Any

import pytest

from bot.sandbox import sample
from bot.sandbox.errors import RefusedError
from bot.sandbox.faults import DeliveryFault, Fault
from bot.sandbox.records import File
from storage.tables import Role, TicketPriority
from tests.e2e.conftest import over_both
from tests.e2e.story import Story, labels, wording

RECEIPT_WITHIN = 2.0


def a_file(name: str = "screen.png") -> File:
    """A file as the composer uploads it."""
    return File(id="F0SCREEN01", name=name, user=sample.ANA, mimetype="image/png", length=7)


async def test_a_message_with_a_file_and_without_text(story: Story) -> None:
    started = time.monotonic()
    asked = await story.posted(sample.HELP, "", files=[a_file()])
    [receipt] = await story.replies(sample.HELP, asked, 1)
    assert time.monotonic() - started < RECEIPT_WITHIN
    assert receipt.text == "Ticket #1 · We have it. You will be answered in this thread."
    card = await story.card(says="confidence")
    assert "Files: screen.png" in wording(card)
    await story.settled()
    [said] = story.said()
    assert [file["name"] for file in said.files] == ["screen.png"]
    assert story.tickets()[0].source == "message"


async def test_only_what_people_ask_becomes_a_ticket(scene: Story) -> None:
    sandbox = scene.sandbox
    workspace = sandbox.workspace
    newcomer = workspace.add_person("eve", "Eve Holm", id="U0EVE000001")
    await scene.people.join(newcomer.id, sample.HELP)
    workspace.post(sample.HELP, sample.ANA, "set the topic", subtype="channel_topic")
    workspace.post(sample.HELP, sample.BEN, "deployed", subtype="bot_message", bot_id="B0OTHER01")
    workspace.post(sample.HELP, "U0OTHERBOT1", "deployed again", bot_id="B0OTHER02")
    await scene.posted(sample.GENERAL, "my laptop is broken")
    await scene.posted(sample.TRIAGE, "who takes #1?", user=sample.BEN)
    thread = await scene.posted(sample.GENERAL, "lunch?")
    await scene.posted(sample.GENERAL, "yes", user=sample.BEN, thread_ts=thread)
    await sandbox.until(lambda: sandbox.delivery.under_way == 0)
    assert scene.tickets() == []
    assert all(each.ok for each in sandbox.traffic.deliveries("message"))


@pytest.mark.parametrize("subtype", ["me_message", "thread_broadcast"])
async def test_what_people_say_in_other_ways(scene: Story, subtype: str) -> None:
    root = await scene.posted(sample.HELP, "the wifi is down", user=sample.DEE)
    if subtype == "thread_broadcast":
        await scene.posted(
            sample.HELP, "and now?", user=sample.DEE, thread_ts=root, subtype=subtype
        )
        await scene.until(lambda: len(scene.said()) == 2)
        assert len(scene.tickets()) == 1
    else:
        await scene.posted(sample.HELP, "cannot print", subtype=subtype)
        assert len(scene.tickets()) == 2


async def test_an_event_that_comes_again_is_one_ticket(story: Story) -> None:
    faults = story.sandbox.faults
    faults.add(Fault(DeliveryFault.DUPLICATED_ANEW, "message", times=None))
    faults.lose_ack("message", 2)
    root = await story.posted(sample.HELP, "the VPN is down")
    await story.posted(sample.HELP, "still down", thread_ts=root)
    await story.until(lambda: story.sandbox.delivery.under_way == 0)
    await story.settled()
    assert len(story.sandbox.traffic.deliveries("message")) > 4
    assert len(story.tickets()) == 1
    assert [each.text for each in story.said()] == ["the VPN is down", "still down"]
    assert len(story.cards()) == 1
    await story.replies(sample.HELP, root, 1)


async def test_an_edit_before_and_after_the_triage(story: Story) -> None:
    asked = await story.posted(sample.HELP, "teh printer")
    await story.people.edit(sample.ANA, sample.HELP, asked, "the printer on floor 3 is jammed")
    await story.settled()
    card = await story.card(says="printer on floor 3")
    [ticket] = story.tickets()
    assert ticket.raw_text == "the printer on floor 3 is jammed"
    await story.people.edit(sample.ANA, sample.HELP, asked, "the printer on floor 4 is jammed")
    card = await story.card(says="floor 4")
    assert "edited" in wording(card)
    [said] = story.said()
    assert said.text == "the printer on floor 4 is jammed"
    assert [each["text"] for each in said.edits][-1] == "the printer on floor 3 is jammed"


async def test_a_deleted_request_keeps_its_ticket_and_loses_its_text(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "my salary is wrong, 1234 instead of 4321")
    await scene.card(says="confidence")
    await scene.settled()
    await scene.people.delete(sample.ANA, sample.HELP, asked)
    await scene.settled()
    [said] = scene.said()
    assert (said.text, said.files, said.edits) == ("", [], [])
    assert said.deleted_at is not None
    assert scene.tickets()[0].raw_text == ""


async def test_what_is_said_in_the_thread_joins_the_ticket(story: Story) -> None:
    root = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.posted(sample.HELP, "it says error 7", thread_ts=root)
    await story.posted(sample.HELP, "same here", user=sample.DEE, thread_ts=root)
    card = await story.card(says="it says error 7")
    assert "The requester wrote more" in wording(card)
    assert "same here" not in wording(card)
    await story.posted(sample.HELP, "looking", user=sample.BEN, thread_ts=root)
    card = await story.card(says="looking")
    assert "The requester wrote more" not in wording(card)  # it is answered
    roles = [each.role for each in story.said()]
    assert roles == [Role.REQUESTER, Role.REQUESTER, Role.PARTICIPANT, Role.AGENT]


@over_both
async def test_the_command_with_a_text(scene: Story) -> None:
    started = time.monotonic()
    outcome = await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket", "I need a new badge")
    assert outcome.acked
    receipt = await scene.receipt()
    assert time.monotonic() - started < RECEIPT_WITHIN
    assert scene.told(sample.ANA, sample.GENERAL) == [
        "Ticket #1 is open. You will be answered in a direct message."
    ]
    assert "I need a new badge" in wording(receipt)
    assert labels(receipt) == ["Resolve"]
    card = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, card, "approve")
    [answer] = await scene.replies(scene.direct(sample.ANA), receipt.ts, 1)
    assert "Ben Okafor · ticket #1" in answer.text
    await scene.posted(scene.direct(sample.ANA), "floor 2, please", thread_ts=receipt.ts)
    await scene.card(says="floor 2, please")
    assert scene.tickets()[0].source == "command"


FORM: dict[str, Any] = {
    "title": "New badge",
    "details": "Mine does not open the door on floor 2.",
    "priority": "high",
    "on_behalf_of": sample.DEE,
    "email": "Dee@acme.example",
}


@over_both
async def test_the_form_with_every_field(scene: Story) -> None:
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    outcome = await scene.submit(sample.ANA, **FORM)
    assert outcome.acked
    assert scene.sandbox.workspace.views.top(sample.ANA) is None
    receipt = await scene.receipt(sample.DEE)
    assert "New badge" in wording(receipt)
    card = await scene.card(says="Reply draft")
    assert "#1 New badge" in wording(card)
    assert "From Dee Nakamura" in wording(card)
    await scene.settled()
    [ticket] = scene.tickets()
    assert (ticket.priority, ticket.source) == (TicketPriority.HIGH, "form")


@over_both
async def test_the_form_says_what_is_wrong_beside_the_field(scene: Story) -> None:
    await scene.people.slash(sample.DEE, sample.GENERAL, "/ticket")
    await scene.submit(sample.DEE, title="A", details="B", email="dee@acme.example")
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    outcome = await scene.submit(sample.ANA, title="A", details="B", email="ana@localhost.x..y")
    assert "not an email address" in outcome.errors["email"]
    outcome = await scene.submit(sample.ANA, title="A", details="B", email="DEE@acme.example")
    assert "Somebody else has this address" in outcome.errors["email"]
    assert scene.form(sample.ANA).errors == outcome.errors
    assert len(scene.tickets()) == 1
    with pytest.raises(RefusedError):
        await scene.submit(sample.ANA, title="", details="B")


async def test_a_form_that_arrives_twice_is_one_ticket(story: Story) -> None:
    await story.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    form = story.form(sample.ANA).id
    values = {"title": "A", "details": "B"}
    outcomes = await asyncio.gather(
        *(story.people.submit_view(sample.ANA, form, values) for _ in range(2))
    )
    assert all(each.acked for each in outcomes)
    await story.settled()
    assert len(story.tickets()) == 1
    assert len(story.cards()) == 1


async def test_a_form_of_blanks(scene: Story) -> None:
    """Slack takes blanks for an answer; the ticket has a title all the same."""
    await scene.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    outcome = await scene.submit(sample.ANA, title="  ", details=" \u200f ")
    assert outcome.acked
    receipt = await scene.receipt()
    assert "Request without text" in wording(receipt)
    await scene.card(says="Request without text")


async def test_the_requester_resolves_and_reopens(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    [receipt] = await scene.replies(sample.HELP, asked, 1)
    await scene.click(sample.DEE, receipt, "resolve")
    assert "ticket #1" in await scene.heard(sample.DEE, sample.HELP, "ticket #1")
    assert scene.tickets()[0].resolved_at is None
    await scene.click(sample.ANA, receipt, "resolve")
    await scene.card(says="resolved by Ana Alvarez")
    receipt = await scene.until(
        lambda: next((m for m in scene.thread(sample.HELP, asked) if labels(m) == ["Reopen"]), None)
    )
    assert "Resolved by Ana Alvarez" in receipt.text
    await scene.click(sample.ANA, receipt, "reopen")
    card = await scene.card(says="Status")
    assert "Resolve" in labels(card)
    await scene.until(lambda: labels(scene.thread(sample.HELP, asked)[0]) == ["Resolve"])


async def test_the_receipt_follows_the_ticket(scene: Story) -> None:
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")

    async def shows(text: str) -> None:
        await scene.until(lambda: text in scene.thread(sample.HELP, asked)[0].text)

    await shows("We have it")
    await scene.choose(sample.CY, card, "Claim")
    await shows("Cy Lindqvist is working on it.")
    await scene.click(sample.BEN, scene.cards()[0], "approve")
    await shows("Answered. Write in this thread if something is missing.")
    await scene.posted(sample.HELP, "no", thread_ts=asked)
    await shows("Cy Lindqvist is working on it.")
