"""The bar at the bottom, and what it opens: the switches and the inspector."""

from functools import partial

from bot.sandbox.page.backstage import Backstage, Switch
from bot.sandbox.page.inspector import Inspector
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import Handler, button, icon, tag


class Dock:
    """Closed at first, for each tab on its own."""

    def __init__(self, seat: Seat, backstage: Backstage) -> None:
        self._sandbox = seat.sandbox
        self._backstage = backstage
        self._is_open = False
        with tag("footer", "tl-dock"):
            self._bar = Pane(tag("div", "tl-bar"), self._look, self._draw_bar)
            self._drawer = tag("div", "tl-drawer tl-closed")
            with self._drawer:
                self._switches = Pane(
                    tag("section", "tl-switches", aria_label="Switches"),
                    lambda: [switch.is_on() for switch in backstage.switches],
                    self._draw_switches,
                )
                self._inspector = Inspector(seat)

    def refresh(self) -> None:
        self._bar.refresh()
        self._switches.refresh()

    def close(self) -> None:
        """The tab is gone."""
        self._inspector.close()

    def _look(self) -> tuple[bool, bool]:
        return self._sandbox.sockets.connected > 0, self._is_open

    def _draw_bar(self, shown: tuple[bool, bool]) -> None:
        is_connected, is_open = shown
        app = self._sandbox.workspace.bot.real_name
        state = "is connected" if is_connected else "is not connected"
        with tag("span", "tl-state tl-up" if is_connected else "tl-state", role="status"):
            tag("span", "", f"{app} {state}")
        expanded = "true" if is_open else "false"
        with button("tl-bar-button", self._toggle, aria_expanded=expanded):
            icon("expand_more" if is_open else "expand_less")
            tag("span", "", "Inspector and switches")

    def _toggle(self) -> None:
        self._is_open = not self._is_open
        if self._is_open:
            self._drawer.classes(remove="tl-closed")
            self._inspector.open()
        else:
            self._drawer.classes("tl-closed")
            self._inspector.close()
        self.refresh()

    def _draw_switches(self, on: list[bool]) -> None:
        tag("h2", "tl-backstage-title", "What can go wrong")
        for switch, is_on in zip(self._backstage.switches, on, strict=True):
            with button(
                "tl-switch",
                self._turning(switch, not is_on),
                role="switch",
                aria_checked="true" if is_on else "false",
                aria_label=switch.label,
            ):
                tag("span", "tl-knob")
                with tag("span", "tl-switch-words"):
                    tag("span", "tl-bold", switch.label)
                    tag("span", "tl-muted", switch.help)

    def _turning(self, switch: Switch, on: bool) -> Handler:
        return partial(self._backstage.turn, switch, on)
