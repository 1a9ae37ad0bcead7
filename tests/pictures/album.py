"""Pictures of the page: stills, and one that moves."""

import io
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page


class Album:
    """A folder of stills."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def add(self, name: str, shown: Page | Locator) -> None:
        """Take a picture of the page, or of a part of it."""
        page = shown if isinstance(shown, Page) else shown.page
        await _at_rest(page)
        image = _image(await shown.screenshot(animations="disabled", caret="hide"))
        image.save(self._folder / f"{name}.png", optimize=True)


class Film:
    """Stills, one after the other, each for as long as it takes to read what is new."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[Image.Image, float]] = []

    async def shoot(self, seconds: float) -> None:
        await _at_rest(self._page)
        shot = await self._page.screenshot(animations="disabled", caret="hide")
        self._frames.append((_image(shot), seconds))

    def save(self, file: Path) -> None:
        (first, _), *others = self._frames
        first.save(
            file,
            save_all=True,
            append_images=[frame for frame, _ in others],
            duration=[round(seconds * 1_000) for _, seconds in self._frames],
            loop=0,
            optimize=True,
        )


async def _at_rest(page: Page) -> None:
    """Nothing is hovered over, and every letter has its font."""
    await page.mouse.move(0, 0)
    await page.evaluate("document.fonts.ready")


def _image(shot: bytes) -> Image.Image:
    """With 256 colours. Of Pillow's ways to them, this one turns no signal and no tint grey."""
    whole = Image.open(io.BytesIO(shot)).convert("RGB")
    return whole.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
