"""Block Kit, drawn: https://docs.slack.dev/reference/block-kit/blocks."""

from collections.abc import Callable, Iterable, Mapping

from bot.sandbox.page import markdown, rich_text
from bot.sandbox.page.controls import draw_control
from bot.sandbox.page.options import words
from bot.sandbox.page.prose import draw, draw_text_object
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.surface import Control, Surface
from bot.sandbox.page.tags import icon, tag
from bot.sandbox.page.text import harmless
from bot.sandbox.records import Json


def draw_blocks(blocks: Iterable[Json], surface: Surface) -> None:
    """Blocks one below the other; of a kind this page cannot show, the name."""
    drawing = _Drawing(surface)
    with tag("div", "tl-blocks"):
        for block in blocks:
            with tag("div", "tl-block"):
                drawing.draw(block)


class _Drawing:
    """Draws each block before one reader."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._reader = surface.reader
        self._kinds: Mapping[str, Callable[[Json], None]] = {
            "header": self._header,
            "section": self._section,
            "context": self._context,
            "context_actions": self._actions,
            "divider": self._divider,
            "actions": self._actions,
            "rich_text": self._rich_text,
            "markdown": self._markdown,
            "image": self._image,
            "input": self._input,
        }

    def draw(self, block: Json) -> None:
        self._kinds.get(block["type"], self._unknown)(block)

    def _header(self, block: Json) -> None:
        with tag("h3", "tl-header"):
            draw_text_object(block["text"], self._reader)

    def _section(self, block: Json) -> None:
        with tag("div", "tl-section"):
            with tag("div", "tl-section-text"):
                if block.get("text"):
                    draw_text_object(block["text"], self._reader)
                if block.get("fields"):
                    self._fields(block["fields"])
            if block.get("accessory"):
                with tag("div", "tl-accessory"):
                    self._element(block, block["accessory"])

    def _fields(self, fields: Iterable[Json]) -> None:
        with tag("div", "tl-fields"):
            for field in fields:
                with tag("div"):
                    draw_text_object(field, self._reader)

    def _context(self, block: Json) -> None:
        with tag("div", "tl-context"):
            for element in block["elements"]:
                if element["type"] == "image":
                    self._image(element)
                else:
                    with tag("div"):
                        draw_text_object(element, self._reader)

    def _divider(self, block: Json) -> None:
        tag("hr", "tl-divider")

    def _actions(self, block: Json) -> None:
        with tag("div", "tl-actions"):
            for element in block["elements"]:
                self._element(block, element)

    def _rich_text(self, block: Json) -> None:
        draw(rich_text.parse(block, self._reader))

    def _markdown(self, block: Json) -> None:
        draw(markdown.parse(block["text"]))

    def _image(self, block: Json) -> None:
        """The picture's words only: the page fetches nothing from other servers."""
        text, url = f"[{block.get('alt_text') or 'image'}]", harmless(block.get("image_url") or "")
        if url:
            tag("a", "tl-image", text, href=url, target="_blank", rel="noopener noreferrer")
        else:
            tag("span", "tl-image", text)

    def _input(self, block: Json) -> None:
        error = self._surface.errors.get(block.get("block_id", ""))
        with tag("div", "tl-input tl-invalid" if error else "tl-input"):
            with tag("div", "tl-label"):
                draw_text_object(block["label"], self._reader)
                if block.get("optional"):
                    tag("span", "tl-muted", " (optional)")
            self._element(block, block["element"])
            if error:
                with tag("div", "tl-error", role="alert"):
                    icon("error")
                    tag("span", "", error[:1].upper() + error[1:])
            elif block.get("hint"):
                with tag("div", "tl-muted"):
                    draw_text_object(block["hint"], self._reader)

    def _element(self, block: Json, element: Json) -> None:
        if element["type"] == "image":
            self._image(element)
        else:
            label = label_of(block, element, self._reader)
            draw_control(Control(self._surface, block, element, label))

    def _unknown(self, block: Json) -> None:
        tag("span", "tl-muted", f"(a {block['type']} block is not shown here)")


def label_of(block: Json, element: Json, reader: Reader) -> str:
    """What to call an element: its label, else the words beside it, else its placeholder."""
    if block["type"] == "input":
        return words(block["label"], reader)
    if block["type"] == "section" and block.get("text"):
        return words(block["text"], reader).partition("\n")[0]
    placeholder = element.get("placeholder")
    return words(placeholder, reader) if placeholder else str(element["action_id"])
