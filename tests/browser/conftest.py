"""The demo and a browser, started once for all the stories that are played in them."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import NoChromium, chromium
from tests.browser.stage import PATIENCE_MS, Stage, demo, tab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; without one the stories are skipped, but not where CI promised them."""
    expect.set_options(timeout=PATIENCE_MS)
    try:
        async with chromium() as browser:
            yield browser
    except NoChromium as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the demo is."""
    async with demo(tmp_path_factory.mktemp("demo")) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser, url: str) -> AsyncIterator[Stage]:
    """A fresh tab."""
    async with tab(browser, url) as stage:
        yield stage
