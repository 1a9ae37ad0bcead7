"""The app's Home, in the place of its messages."""

from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.surface import Surface
from bot.sandbox.page.tags import tag
from bot.sandbox.records import View


class Home:
    """What the app published for the person, where that tab is open."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._root = tag("div", "tl-home")
        self._pane = Pane(self._root, self._look, self._draw)

    def refresh(self) -> None:
        self._pane.refresh()
        self._root.visible = self._seat.tab == "home"

    def _look(self) -> View | None:
        seat = self._seat
        return seat.sandbox.workspace.views.homes.get(seat.user) if seat.tab == "home" else None

    def _draw(self, view: View | None) -> None:
        if view is None:
            tag("p", "tl-muted", "The app has not published a home for you yet.")
            return

        async def use(block_id: str, action_id: str, value: object) -> None:
            clicking = self._seat.sandbox.people.click_in_view(
                self._seat.user, view.id, action_id, value, block_id
            )
            await self._seat.attempt(clicking)

        draw_blocks(view.blocks, Surface(self._seat.reader, use))
