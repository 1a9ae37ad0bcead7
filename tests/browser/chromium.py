"""A Chromium that is on this machine."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no Chromium on this machine: install one (Debian: apt-get install chromium; "
    "elsewhere: .venv/bin/playwright install chromium)"
)
# It runs as root in containers, draws without a graphics card, and calls nobody.
_OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


class NoChromium(Exception):
    """There is none."""

    def __init__(self) -> None:
        super().__init__(MISSING)


def _executable(playwright: Playwright) -> str | None:
    """Playwright's own, or else the system's."""
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return next((path for path in map(shutil.which, NAMES) if path), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start it.

    Raises:
        NoChromium: there is none on this machine.
    """
    async with async_playwright() as playwright:
        path = _executable(playwright)
        if path is None:
            raise NoChromium
        browser = await playwright.chromium.launch(executable_path=path, args=[*_OPTIONS])
        yield browser
        await browser.close()
