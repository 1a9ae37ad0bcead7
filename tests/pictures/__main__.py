"""The pictures of README and docs, made from the demo: ``make pictures`` writes docs/pictures/."""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Locator, ViewportSize, expect

from bot.demo.guide import ASKING
from tests.browser.chromium import NoChromium, chromium
from tests.browser.stage import PATIENCE_MS, Stage, demo, tab
from tests.pictures.album import Album, Film

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
STILL = ViewportSize(width=1100, height=820)
WIDE = ViewportSize(width=1360, height=900)
FILM = ViewportSize(width=1000, height=720)
PHONE = ViewportSize(width=390, height=780)
SHARP = 2
TRIAGED = "confidence"


async def main() -> None:
    expect.set_options(timeout=PATIENCE_MS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    album = Album(FOLDER)
    async with chromium() as browser:
        with tempfile.TemporaryDirectory() as folder:
            async with demo(Path(folder)) as url:
                await film(browser, url)
        with tempfile.TemporaryDirectory() as folder:
            async with demo(Path(folder)) as url, tab(browser, url, STILL, SHARP) as stage:
                await main_job(stage, album)
                await other_ways(stage, album)
                await behind_the_scenes(stage, album)


async def film(browser: Browser, url: str) -> None:
    """The story of the README."""
    async with tab(browser, url, FILM) as stage:
        film = Film(stage.page)
        await stage.be("ana", "help")
        await expect(stage.message("URGENT: checkout")).to_contain_text("1 reply")
        await film.shoot(1.5)
        field = stage.page.get_by_role("textbox", name="Message #help")
        await field.fill(ASKING)
        await film.shoot(1.5)
        await field.press("Enter")
        await expect(stage.message(ASKING)).to_contain_text("1 reply")
        await stage.open_thread(ASKING)
        await expect(stage.thread).to_contain_text("We have it.")
        await film.shoot(3)
        await stage.become("Ben")
        await film.shoot(1)
        await stage.go_to("triage")
        card = stage.card(ASKING)
        await expect(card).to_contain_text(TRIAGED)
        await film.shoot(4)
        await card.get_by_role("button", name="Approve ticket").click()
        await expect(card).to_contain_text("delivered")
        await film.shoot(3)
        await stage.become("Ana")
        await expect(stage.thread).to_contain_text("Ben Okafor")
        await film.shoot(3.5)
        await stage.thread.get_by_role("button", name="Resolve ticket").click()
        await expect(stage.thread).to_contain_text("Resolved by Ana Alvarez")
        await film.shoot(3)
        film.save(FOLDER / "story.gif")


async def main_job(stage: Stage, album: Album) -> None:
    """Card and thread."""
    await stage.be("ana", "help")
    await stage.write(ASKING, into="Message #help")
    await stage.open_thread(ASKING)
    await stage.become("Ben")
    await stage.go_to("triage")
    card = stage.card(ASKING)
    await expect(card).to_contain_text(TRIAGED)
    await album.add("card", card)
    await card.get_by_role("button", name="Approve ticket").click()
    await expect(card).to_contain_text("delivered")
    await stage.become("Ana")
    await expect(stage.thread).to_contain_text("Ben Okafor")
    await album.add("thread", stage.page)

    await stage.become("Ben")
    await _from_menu(card, "Hand over")
    form = stage.page.get_by_role("dialog", name=re.compile("Hand over #"))
    summary = form.get_by_role("textbox", name="Summary", exact=True)
    await expect(summary).to_have_value(re.compile("requester:"))
    await album.add("handover", form.locator(".tl-modal"))
    await form.get_by_role("button", name="Cancel").click()


async def other_ways(stage: Stage, album: Album) -> None:
    """The form, the list, a private ticket."""
    page = stage.page
    await stage.become("Dee")
    await stage.go_to("general")
    await stage.write("/ticket ", into="Message #general")
    form = page.get_by_role("dialog", name="New ticket")
    await form.get_by_role("textbox", name="Title").fill("A second monitor")
    await form.get_by_role("textbox", name="Details").fill("I compare tables all day.")
    await form.get_by_role("textbox", name="Contact email").fill("dee..nakamura@acme.example")
    await form.get_by_role("button", name="Open ticket").click()
    await expect(form).to_contain_text("This is not an email address")
    await album.add("form", form.locator(".tl-modal"))
    await form.get_by_role("button", name="Cancel").click()

    await stage.go_to("Ticketloop")
    await stage.write("I think my salary of March is wrong.", into="Message Ticketloop")
    await expect(stage.message("I think my salary")).to_contain_text("1 reply")
    await stage.become("Ben")
    await stage.go_to("triage")
    await stage.message("Private ticket").get_by_role("button", name="Open ticket").click()
    ticket = page.get_by_role("dialog", name=re.compile("Ticket #"))
    await expect(ticket).to_contain_text(TRIAGED)
    await album.add("private", ticket.locator(".tl-modal"))
    await page.keyboard.press("Escape")

    await stage.go_to("general")
    await stage.write("/ticket list open", into="Message #general")
    listing = stage.message("Only visible to you")
    await expect(listing).to_contain_text("#1")
    await album.add("list", listing)

    await stage.go_to("Ticketloop")
    await page.get_by_role("button", name="Home", exact=True).click()
    await expect(page.get_by_role("button", name="New ticket")).to_be_visible()
    await album.add("home", page)


async def behind_the_scenes(stage: Stage, album: Album) -> None:
    """Inspector and switches, and the page on a telephone."""
    page = stage.page
    await page.set_viewport_size(WIDE)
    await stage.go_to("triage")
    await stage.open_backstage()
    await stage.turn("Slack answers 429", on=True)
    await stage.become("Fay")
    await stage.go_to("general")
    await stage.write("/ticket The beamer shows everything in green", into="Message #general")
    traffic = page.get_by_role("region", name="Traffic between the app and Slack")
    await traffic.get_by_role("button", name="429 ratelimited").first.click()
    await album.add("inspector", page)
    await stage.turn("Slack answers 429", on=False)
    await stage.open_backstage()

    await page.set_viewport_size(PHONE)
    await stage.be("ana", "help")
    await album.add("narrow", page)


async def _from_menu(card: Locator, entry: str) -> None:
    """Choose from the menu beside category and priority."""
    await card.get_by_role("button", name="More options").first.click()
    await card.page.get_by_role("menuitem", name=entry).click()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except NoChromium as missing:
        sys.exit(f"pictures: {missing}")
