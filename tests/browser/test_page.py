"""The page itself under people's hands: focus, menus, drafts, a phone."""

import re

import pytest
from playwright.async_api import Browser, Locator, ViewportSize, expect

from tests.browser.stage import Stage, tab

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

PHONE = ViewportSize(width=390, height=844)
LAPTOP = "laptop screen flickers"


async def test_the_keyboard_stays_where_it_was(stage: Stage) -> None:
    page = stage.page

    async def press(target: Locator) -> None:
        await target.focus()
        await page.keyboard.press("Enter")

    await stage.be("ben", "triage")
    handle = page.get_by_role("button", name="Inspector and switches")
    await press(handle)
    await expect(handle).to_have_attribute("aria-expanded", "true")
    await expect(handle).to_be_focused()
    calls = page.get_by_role("button", name="Calls")
    await press(calls)
    await expect(calls).to_have_attribute("aria-pressed", "true")
    await expect(calls).to_be_focused()
    for is_on in ("true", "false"):
        slow = page.get_by_role("switch", name="Model slow")
        await press(slow)
        await expect(slow).to_have_attribute("aria-checked", is_on)
        await expect(slow).to_be_focused()
    await press(handle)

    card = page.get_by_role("article").filter(has_text=LAPTOP)
    await press(card.get_by_role("button", name="Add reaction").first)
    await expect(page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    await page.keyboard.type("eyes")
    await page.keyboard.press("Enter")
    await expect(card.get_by_role("button", name=":eyes: reaction, 1")).to_be_visible()
    await expect(card.get_by_role("button", name="Add reaction").last).to_be_focused()
    reply = card.get_by_role("button", name="Reply ticket")
    await press(reply)
    form = page.get_by_role("dialog", name=re.compile("Reply to #"))
    await expect(form.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(reply).to_be_focused()
    await press(card.get_by_role("button", name="Approve ticket"))
    await expect(card).to_contain_text("Ben Okafor approved the draft")
    await expect(page.locator(".tl-row:focus-within").filter(has_text=LAPTOP)).to_have_count(1)


async def test_a_menu_stays_open_while_its_message_changes(
    browser: Browser, stage: Stage, url: str
) -> None:
    await stage.be("dee", "help")
    message = stage.message(LAPTOP)
    await message.get_by_role("button", name="More actions").click()
    delete = stage.page.get_by_role("menuitem", name="Delete message…")
    await expect(delete).to_be_visible()
    async with tab(browser, url) as other:
        await other.be("gus", "help")
        theirs = other.message(LAPTOP)
        await theirs.get_by_role("button", name="Add reaction").first.click()
        await other.page.get_by_role("option", name=":tada:").click()
        await expect(theirs.get_by_role("button", name=":tada: reaction, 1")).to_be_visible()
    reaction = message.get_by_role("button", name=":tada: reaction, 1")
    await expect(stage.page.get_by_role("button", name="Act as Gus")).to_be_visible()
    await expect(delete).to_be_visible()
    await expect(reaction).to_have_count(0)
    await stage.page.keyboard.press("Escape")
    await expect(delete).to_have_count(0)
    await expect(reaction).to_be_visible()


async def test_a_draft_and_its_file_wait_in_their_channel(stage: Stage) -> None:
    page = stage.page
    await stage.be("fay", "help")
    await page.get_by_role("button", name="Attach a file").first.click()
    await page.get_by_role("menuitem", name="Attach screenshot.png").click()
    chip = page.get_by_role("button", name="Remove screenshot.png")
    await expect(chip).to_be_visible()
    await page.get_by_role("textbox", name="Message #help").fill("See the picture")
    await stage.go_to("general")
    await expect(chip).to_have_count(0)
    await stage.go_to("help")
    await expect(page.get_by_role("textbox", name="Message #help")).to_have_value("See the picture")
    await page.get_by_role("button", name="Send message").click()
    await expect(stage.message("See the picture")).to_contain_text("screenshot.png")


async def test_what_is_suggested_is_gone_when_the_command_is_sent(stage: Stage) -> None:
    page = stage.page
    await stage.be("ana", "help")
    await page.get_by_role("textbox", name="Message #help").press_sequentially("/ticket list open")
    suggestions = page.get_by_role("listbox", name="Suggestions")
    await expect(suggestions).to_be_visible()
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_role("textbox", name="Message #help")).to_have_value("")
    await expect(suggestions).to_have_count(0)


async def test_the_page_is_as_high_as_its_window(stage: Stage) -> None:
    page = stage.page
    await stage.be("ana", "help")
    handle = page.get_by_role("button", name="Inspector and switches")
    await handle.click()
    await expect(page.get_by_role("listitem").last).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    await handle.click()


async def test_on_a_phone_the_inspector_covers_no_button_of_the_strips(
    browser: Browser, url: str
) -> None:
    async with tab(browser, url, PHONE) as stage:
        page = stage.page
        await stage.be("ana", "help")
        await stage.open_backstage()
        await stage.turn("Slack answers 429", on=True)
        await expect(page.get_by_role("switch").last).to_be_in_viewport()
        await expect(page.locator(".tl-exchange-detail")).to_be_hidden()
        line = page.get_by_role("listitem").last.get_by_role("button")
        await line.click()
        await expect(line).to_have_attribute("aria-current", "true")
        await expect(page.locator(".tl-exchange-detail pre").first).to_be_visible()
        await page.get_by_role("button", name="Let Slack take messages again").click()
        await expect(page.get_by_role("switch", checked=True)).to_have_count(0)
