"""Parts of the page that are drawn again when what they show has changed."""

from collections.abc import Callable, Mapping
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


class Buttons(Generic[Shown]):
    """Buttons one below the other that stay what they are while their faces change.

    A click that comes while a face changes is not lost, as it would be with the button.
    """

    def __init__(
        self,
        root: Element,
        make: Callable[[Shown], Element],
        draw: Callable[[Element, Shown], None],
    ) -> None:
        self._root = root
        self._make = make
        self._draw = draw
        self._made: dict[str, tuple[Element, Shown]] = {}

    def show(self, shown: Mapping[str, Shown]) -> None:
        """Show these, by key; others than before start anew."""
        is_new = list(shown) != list(self._made)
        if is_new:
            self._root.clear()
            with self._root:
                self._made = {key: (self._make(one), one) for key, one in shown.items()}
        for key, one in shown.items():
            element, known = self._made[key]
            if is_new or known != one:
                self._made[key] = element, one
                element.clear()
                with element:
                    self._draw(element, one)
