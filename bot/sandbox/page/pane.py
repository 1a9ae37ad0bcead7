"""A part of the page that is drawn again when what it shows has changed."""

from collections.abc import Callable
from typing import Generic, TypeVar

from nicegui.element import Element

Shown = TypeVar("Shown")


class Pane(Generic[Shown]):
    """Looks, compares with what was drawn last, and draws only what is new."""

    def __init__(
        self, root: Element, look: Callable[[], Shown], draw: Callable[[Shown], None]
    ) -> None:
        self.root = root
        self._look = look
        self._draw = draw
        self._drawn: tuple[Shown, ...] = ()  # nothing at first, which even None differs from

    def refresh(self) -> None:
        shown = self._look()
        if (shown,) == self._drawn:
            return
        self._drawn = (shown,)
        self.root.clear()
        with self.root:
            self._draw(shown)
