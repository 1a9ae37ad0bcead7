"""The page itself under people's hands: menus and drafts."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.stage import Stage, tab

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

LAPTOP = "laptop screen flickers"


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
