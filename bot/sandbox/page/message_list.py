"""A list of messages that changes only where a message has changed.

A message in which something is open changes when that is closed.
"""

from collections.abc import Callable

from nicegui.element import Element

from bot.sandbox.page.popup import popup_in
from bot.sandbox.page.rows import Row
from bot.sandbox.page.tags import button, tag

# Older messages are one click away: a browser should not hold thousands of cards.
_SHOWN = 60


class MessageList:
    """Draws rows, and when it is given new ones only those that differ."""

    def __init__(self, scroll: Element, root: Element, draw: Callable[[Row], None]) -> None:
        """`scroll` is what scrolls, and `root` where in it the list stands."""
        self._scroll = scroll
        self._draw_row = draw
        self._limit = _SHOWN
        self._place: object = None
        self._rows: list[Row] = []
        self._drawn: dict[str, tuple[Row, Element]] = {}
        with root:
            self._earlier = button("tl-earlier", self._show_earlier, "Show earlier messages")
            self._list = tag("div", "tl-rows", role="log")

    def show(self, place: object, rows: list[Row]) -> None:
        """Show the newest rows of this place; another place starts anew."""
        if place != self._place:
            self._place, self._limit = place, _SHOWN
            self._scroll.run_method("scrollTo", 0, 0)
            self._list.clear()
            self._drawn = {}
        self._rows = rows
        self._earlier.visible = len(rows) > self._limit
        newest = {row.message.ts: row for row in rows[-self._limit :]}
        for ts in self._drawn.keys() - newest.keys():
            self._drawn.pop(ts)[1].delete()
        for index, (ts, row) in enumerate(newest.items()):
            self._put(index, ts, row)

    def _put(self, index: int, ts: str, row: Row) -> None:
        known, element = self._drawn.get(ts, (None, None))
        if known == row:
            return
        if element is None:
            with self._list:
                element = tag("div", "tl-row")
            element.move(target_index=index)
        popup = popup_in(element)
        if popup:
            popup.wait(self._catch_up)
            return
        element.clear()
        with element:
            self._draw_row(row)
        self._drawn[ts] = (row, element)

    def _catch_up(self) -> None:
        self.show(self._place, self._rows)

    def _show_earlier(self) -> None:
        self._limit += _SHOWN
        self.show(self._place, self._rows)
