"""One browser tab: its parts, and when they are drawn again."""

import asyncio
from pathlib import Path

from nicegui import Client, ui

from bot.sandbox.page.backstage import Backstage
from bot.sandbox.page.channel import ChannelView
from bot.sandbox.page.coach import Coach
from bot.sandbox.page.dock import Dock
from bot.sandbox.page.modal import Modal
from bot.sandbox.page.people_bar import PeopleBar
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.sidebar import Sidebar
from bot.sandbox.page.tags import tag
from bot.sandbox.page.thread import ThreadView

_HERE = Path(__file__).parent
_STYLES = sorted(_HERE.glob("css/*.css"))
_SCRIPT = (_HERE / "page.js").read_text()


class Window:
    """Everything a person sees; follows the workspace and the seat while the tab is open."""

    def __init__(self, seat: Seat, client: Client, agents: str, backstage: Backstage) -> None:
        self._seat = seat
        self._client = client
        self._is_due = False
        self._address = seat.address
        for styles in _STYLES:
            ui.add_css(styles)
        ui.add_body_html(f"<script>{_SCRIPT}</script>")
        with tag("div", "tl-stage"):
            self._coach = Coach(backstage)
            self._root = tag("div", "tl-page")
            self._dock = Dock(seat, backstage)
        with self._root:
            self._people = PeopleBar(seat, agents)
            self._sidebar = Sidebar(seat, self._hide_sidebar)
            self._channel = ChannelView(seat, self._show_sidebar)
            self._thread = ThreadView(seat)
        self._modal = Modal(seat)
        self._refresh()
        client.on_delete(self._dock.close)
        sandbox = seat.sandbox
        for changes in (
            sandbox.workspace.changes,
            sandbox.sockets.changes,
            seat.changes,
            backstage.changes,
        ):
            client.on_delete(changes.subscribe(lambda _: self._refresh_soon()))

    def _show_sidebar(self) -> None:
        self._root.classes("tl-with-sidebar")

    def _hide_sidebar(self) -> None:
        self._root.classes(remove="tl-with-sidebar")

    def _refresh_soon(self) -> None:
        """Once for all that happens before the event loop comes round."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._refresh)

    def _refresh(self) -> None:
        self._is_due = False
        if self._client.is_deleted:
            return
        self._seat.settle()
        for part in (
            *(self._coach, self._people, self._sidebar, self._channel, self._thread),
            *(self._modal, self._dock),
        ):
            part.refresh()
        if self._address != self._seat.address:
            self._address = self._seat.address
            with self._client:
                ui.navigate.history.replace(self._address)
