"""The bar at the bottom, and what it opens: the switches and the inspector."""

from nicegui.element import Element

from bot.sandbox.page.backstage import Backstage, Switch
from bot.sandbox.page.inspector import Inspector
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon, tag


class Dock:
    """Closed at first, for each tab on its own."""

    def __init__(self, seat: Seat, backstage: Backstage) -> None:
        self._sandbox = seat.sandbox
        self._backstage = backstage
        self._is_open = False
        with tag("footer", "tl-dock"):
            with tag("div", "tl-bar"):
                self._state = Pane(
                    tag("span", "tl-state", role="status"), self._is_connected, self._draw_state
                )
                self._handle = button("tl-bar-button", self._toggle, aria_expanded="false")
                with self._handle:
                    icon("expand_less")
                    tag("span", "", "Inspector and switches")
            self._drawer = tag("div", "tl-drawer tl-closed")
            with self._drawer:
                with tag("section", "tl-switches", aria_label="Switches"):
                    tag("h2", "tl-backstage-title", "What can go wrong")
                    self._switches = [(one, self._switch(one)) for one in backstage.switches]
                self._inspector = Inspector(seat)

    def refresh(self) -> None:
        self._state.refresh()
        for switch, knob in self._switches:
            knob.props["aria-checked"] = "true" if switch.is_on() else "false"

    def close(self) -> None:
        """The tab is gone."""
        self._inspector.close()

    def _is_connected(self) -> bool:
        return self._sandbox.sockets.connected > 0

    def _draw_state(self, is_connected: bool) -> None:
        app = self._sandbox.workspace.bot.real_name
        self._state.root.classes(replace="tl-state tl-up" if is_connected else "tl-state")
        tag("span", "", f"{app} {'is connected' if is_connected else 'is not connected'}")

    def _toggle(self) -> None:
        self._is_open = not self._is_open
        self._handle.props["aria-expanded"] = "true" if self._is_open else "false"
        if self._is_open:
            self._drawer.classes(remove="tl-closed")
            self._inspector.open()
        else:
            self._drawer.classes("tl-closed")
            self._inspector.close()

    def _switch(self, switch: Switch) -> Element:
        async def turn() -> None:
            await self._backstage.turn(switch, not switch.is_on())

        knob = button("tl-switch", turn, role="switch", aria_label=switch.label)
        with knob:
            tag("span", "tl-knob")
            with tag("span", "tl-switch-words"):
                tag("span", "tl-bold", switch.label)
                tag("span", "tl-muted", switch.help)
        return knob
