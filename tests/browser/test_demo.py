"""The demo in a browser, as its users live it: the README's story, and what may go wrong."""

import re
from contextlib import suppress

import pytest
from playwright.async_api import expect

from bot.demo.guide import ASKING
from tests.browser.stage import START, Stage

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

STAND_IN = "By the demo's stand-in (no AI)"


async def test_the_story_of_the_readme(stage: Stage) -> None:
    """Ana asks, Ben approves, Ana reads and resolves; the guide goes along."""
    page = stage.page
    guide = page.get_by_role("status", name="Guide")
    await stage.be("ana", "help")
    await expect(guide).to_contain_text("Step 1 of 3")
    await stage.write(ASKING, into="Message #help")
    await expect(guide).to_contain_text("Step 2 of 3")
    thread = await stage.open_thread(ASKING)
    await expect(thread).to_contain_text("We have it. You will be answered in this thread.")

    await stage.become("Ben")
    await stage.go_to("triage")
    card = stage.card(ASKING)
    await expect(card).to_contain_text(STAND_IN)
    await card.get_by_role("button", name="Approve ticket").click()
    await expect(card).to_contain_text("Ben Okafor approved the draft")
    await expect(card.get_by_role("button", name="Approve ticket")).to_have_count(0)
    await expect(guide).to_contain_text("Step 3 of 3")

    await stage.become("Ana")
    await expect(stage.thread).to_contain_text("Which system or program is it about?")
    await stage.thread.get_by_role("button", name="Resolve ticket").click()
    await expect(stage.thread).to_contain_text("Resolved by Ana Alvarez")
    await expect(guide).to_contain_text("That was it")
    await guide.get_by_role("button", name="Hide the guide").click()
    await expect(guide).to_have_text("")


async def test_the_form_says_what_is_wrong_with_a_field(stage: Stage) -> None:
    await stage.be("ana", "general")
    await stage.write("/ticket ", into="Message #general")
    form = stage.page.get_by_role("dialog", name="New ticket")
    await form.get_by_role("textbox", name="Title").fill("A second monitor")
    await form.get_by_role("textbox", name="Details").fill("The desk by the window has one only.")
    await form.get_by_role("textbox", name="Contact email").fill("ana..alvarez@acme.example")
    await form.get_by_role("button", name="Open ticket").click()
    await expect(form).to_contain_text("This is not an email address; write one like")
    await expect(form.get_by_role("textbox", name="Title")).to_have_value("A second monitor")

    await form.get_by_role("textbox", name="Contact email").fill("ana@acme.example")
    await form.get_by_role("button", name="Open ticket").click()
    await expect(form).to_have_count(0)
    await stage.go_to("Ticketloop")
    await expect(stage.message("A second monitor")).to_contain_text("We have it")


async def test_agents_answer_while_the_model_is_down(stage: Stage) -> None:
    page = stage.page
    await stage.be("dee", "general")
    await stage.open_backstage()
    await stage.turn("Model down", on=True)
    await stage.write("/ticket My badge does not open the gate", into="Message #general")
    await stage.become("Ben")
    await stage.go_to("triage")
    card = stage.card("My badge does not open the gate")
    await expect(card).to_contain_text("Triage waits for the model: the model cannot be reached")
    await expect(card.get_by_role("button", name="Approve ticket")).to_have_count(0)

    await card.get_by_role("button", name="Reply ticket").click()
    form = page.get_by_role("dialog", name=re.compile("Reply to #"))
    await form.get_by_role("textbox").fill("Your badge was renewed, please try once more.")
    await form.get_by_role("button", name="Send").click()
    await expect(card).to_contain_text("Ben Okafor answered, delivered")

    await page.get_by_role("button", name="Let the model work again").click()
    await stage.become("Gus")
    await stage.go_to("help")
    await stage.write("/ticket The shelf in room 4 is broken", into="Message #help")
    await stage.become("Ben")
    for title in ("The shelf in room 4 is broken", "My badge does not open the gate"):
        await expect(stage.card(title)).to_contain_text(STAND_IN)


async def test_a_card_does_not_wait_for_a_slow_model(stage: Stage) -> None:
    await stage.be("fay", "general")
    await stage.open_backstage()
    await stage.turn("Model slow", on=True)
    await stage.write("/ticket The beamer shows everything in green", into="Message #general")
    await stage.become("Ben")
    await stage.go_to("triage")
    card = stage.card("The beamer shows everything in green")
    await expect(card).to_contain_text("Triage under way.")
    await stage.turn("Model slow", on=False)
    await expect(card).to_contain_text(STAND_IN)
    await expect(card.get_by_role("button", name="Approve ticket")).to_be_visible()


async def test_what_slack_refuses_comes_later_and_the_inspector_shows_it(stage: Stage) -> None:
    page = stage.page
    await stage.be("gus", "help")
    await stage.open_backstage()
    await stage.turn("Slack answers 429", on=True)
    await stage.write("/ticket The coffee machine leaks", into="Message #help")
    traffic = page.get_by_role("region", name="Traffic between the app and Slack")
    await traffic.get_by_role("button", name="Failed").click()
    refused = traffic.get_by_role("button", name="chat.postMessage 429 ratelimited")
    for wait in (2_000, 2_000, 2_000, 20_000):
        # A new line pushes the others down, now and then just under the pointer.
        await refused.last.click()
        with suppress(AssertionError):
            await expect(traffic).to_contain_text("fault: ratelimited", timeout=wait)
            break
    await expect(traffic).to_contain_text("fault: ratelimited")
    await expect(traffic.locator("pre").first).to_contain_text("The coffee machine leaks")
    await expect(traffic.locator("pre").last).to_contain_text('"error": "ratelimited"')

    await stage.become("Ben")
    await stage.go_to("triage")
    await expect(stage.card("The coffee machine leaks")).to_have_count(0)
    await stage.turn("Slack answers 429", on=False)
    await expect(stage.card("The coffee machine leaks")).to_contain_text(STAND_IN)
    await expect(stage.card("The coffee machine leaks")).to_have_count(1)


async def test_nothing_is_lost_and_nothing_comes_twice_when_the_bot_is_killed(
    stage: Stage,
) -> None:
    page = stage.page
    await stage.be("cy", "triage")
    cards = page.get_by_role("article").filter(has_text=re.compile(r"#\d+ "))
    before = await cards.count()
    await stage.open_backstage()
    await stage.become("Dee")
    await stage.go_to("general")
    # The first is committed when it dies, the second is written to nobody.
    await stage.turn("Model slow", on=True)
    await stage.write("/ticket The window on floor 2 is stuck", into="Message #general")
    await stage.turn("Kill the bot", on=True)
    await expect(page.get_by_text("Ticketloop is not connected")).to_be_visible()
    await stage.write("@ticketloop the door on floor 3 is stuck", into="Message #general")
    await stage.write("/ticket", into="Message #general")
    await expect(page.get_by_text("/ticket failed with the error")).to_be_visible()

    await page.get_by_role("button", name="Start the bot again").click()
    connected = page.get_by_text("Ticketloop is connected")
    await expect(connected).to_be_visible(timeout=START * 1_000)
    await stage.turn("Model slow", on=False)
    await expect(stage.message("the door on floor 3")).to_contain_text("1 reply")
    await stage.become("Cy")
    for title in ("The window on floor 2 is stuck", "The door on floor 3 is stuck"):
        await expect(stage.card(title)).to_contain_text(STAND_IN)
        await expect(stage.card(title)).to_have_count(1)
    await expect(cards).to_have_count(before + 2)
