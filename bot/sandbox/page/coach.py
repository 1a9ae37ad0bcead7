"""The strips above everything: the next step of the story, and what is broken on purpose."""

from functools import partial

from bot.sandbox.page.backstage import Backstage, Switch
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.tags import button, icon, icon_button, tag


class Coach:
    """One line for the guide, and one for each switch that is on."""

    def __init__(self, backstage: Backstage) -> None:
        self._backstage = backstage
        root = tag("div", "tl-strips", role="status", aria_label="Guide")
        self._pane = Pane(root, self._look, self._draw)

    def refresh(self) -> None:
        self._pane.refresh()

    def _look(self) -> tuple[tuple[int, str] | None, list[Switch]]:
        guide = self._backstage.guide
        hint = None if guide.is_hidden else (guide.step, guide.text)
        return hint, [switch for switch in self._backstage.switches if switch.is_on()]

    def _draw(self, shown: tuple[tuple[int, str] | None, list[Switch]]) -> None:
        hint, switches = shown
        for switch in switches:
            with tag("div", "tl-strip tl-trouble"):
                icon("warning")
                tag("span", "tl-strip-words", switch.notice)
                turn_off = partial(self._backstage.turn, switch, False)
                button("tl-strip-button", turn_off, switch.undo)
        if hint is not None:
            self._hint(*hint)

    def _hint(self, step: int, text: str) -> None:
        length = self._backstage.guide.length
        with tag("div", "tl-strip tl-guide"):
            with tag("span", "tl-steps", aria_hidden="true"):
                for number in range(length):
                    tag("i", "tl-step tl-done" if number < step else "tl-step")
            where = f"Step {step + 1} of {length}" if step < length else "That was it"
            tag("span", "tl-strip-step", where)
            tag("span", "tl-strip-words", text)
            icon_button("close", "Hide the guide", self._backstage.hide_guide)
