"""The demo as a user starts it, and a browser tab in front of it."""

import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

START = 60
STOP = 50  # the bot takes its time to finish what it began
# The machine may be busy, and a wait in the story takes a few seconds by itself.
PATIENCE_MS = 20_000
AGAIN_MS = 2_000
TRIES = PATIENCE_MS // AGAIN_MS
WIDE = ViewportSize(width=1280, height=900)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """Run ``ticketloop demo`` in that folder; gives its address, and ends it as Ctrl-C does."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", str(port)),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START):
            await _begun(process.stdout)
        # Whoever says more than a pipe holds waits until somebody listens.
        listening = asyncio.create_task(process.stdout.read())
        yield f"http://127.0.0.1:{port}"
    finally:
        await _end(process)
    rest = (await listening).decode()
    assert process.returncode == 0, rest
    assert "Traceback" not in rest, rest


async def _begun(stdout: asyncio.StreamReader) -> None:
    said = ""
    while "Ctrl-C ends it" not in said:
        line = await stdout.readline()
        assert line, f"the demo ended before it began: {said}"
        said += line.decode()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it as Ctrl-C does, and by force if it does not listen."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP)
    except TimeoutError:
        process.kill()
        await process.wait()


class Stage:
    """One tab, in which one person after the other is played."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    async def be(self, person: str, channel: str, thread: str = "") -> None:
        """Open the page as that person, before that channel."""
        await self.page.goto(f"{self._url}/?person={person}&channel={channel}&thread={thread}")
        await expect(self.page.get_by_role("button", name="Inspector and switches")).to_be_visible()
        # What is clicked before the page is connected, NiceGUI drops.
        await self.page.wait_for_function("window.did_handshake")

    async def become(self, name: str) -> None:
        """Change places with a click, as a user does."""
        person = self.page.get_by_role("button", name=f"Act as {name}")
        await _insist(person, person.and_(self.page.locator("[aria-pressed=true]")))

    async def go_to(self, channel: str) -> None:
        entry = self.page.get_by_role("button", name=re.compile(f"^#?{channel}"))
        await _insist(entry, entry.and_(self.page.locator("[aria-current=page]")))

    async def write(self, text: str, *, into: str) -> None:
        """Write into the field of that label, and send it."""
        field = self.page.get_by_role("textbox", name=into)
        await field.fill(text)
        await field.press("Enter")
        await expect(field).to_have_value("")

    def message(self, text: str) -> Locator:
        """Every message that says this, receipts and cards too."""
        return self.page.get_by_role("article").filter(has_text=text)

    def card(self, title: str) -> Locator:
        """The card of a ticket, in the triage channel."""
        heading = self.page.get_by_text(re.compile(rf"#\d+ {re.escape(title)}"))
        return self.page.get_by_role("article").filter(has=heading)

    async def open_thread(self, text: str) -> Locator:
        """Look into the thread below a message; returns the thread."""
        link = self.message(text).get_by_role("button", name=re.compile(r"Open thread")).first
        await _insist(link, self.thread)
        return self.thread

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("complementary", name="Thread")

    async def open_backstage(self) -> None:
        """Show inspector and switches."""
        await self.page.get_by_role("button", name="Inspector and switches").click()

    async def turn(self, switch: str, *, on: bool) -> None:
        """Use a switch, and see that it took."""
        knob = self.page.get_by_role("switch", name=switch)
        await expect(knob).to_have_attribute("aria-checked", "false" if on else "true")
        await knob.click()
        await expect(knob).to_have_attribute("aria-checked", "true" if on else "false")


async def _insist(target: Locator, shown: Locator) -> None:
    """Click until it worked: a click is lost on what is just being drawn anew."""
    for left in reversed(range(TRIES)):
        await target.click()
        try:
            await expect(shown).to_be_visible(timeout=AGAIN_MS)
        except AssertionError:
            if not left:
                raise
        else:
            return


@asynccontextmanager
async def tab(
    browser: Browser, url: str, viewport: ViewportSize = WIDE, scale: float = 1
) -> AsyncIterator[Stage]:
    """Open a tab of its own; ``scale`` is how many dots a pixel has."""
    page = await browser.new_page(viewport=viewport, device_scale_factor=scale)
    page.set_default_timeout(PATIENCE_MS)
    yield Stage(page, url)
    await page.close()
