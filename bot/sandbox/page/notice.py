"""What went wrong, said to the person it happened to."""

from bot.sandbox.page.pane import Pane
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import icon_button, only_visible_to_you, tag


class Notice:
    """A strip above a composer, there only while something is to be said.

    It stands below the thread while one is open: in a narrow window that covers the channel.
    """

    def __init__(self, seat: Seat, *, in_thread: bool) -> None:
        self._seat = seat
        self._in_thread = in_thread
        self._pane = Pane(tag("div", "tl-notices"), self._look, self._draw)

    def refresh(self) -> None:
        self._pane.refresh()

    def _look(self) -> str | None:
        is_here = self._in_thread == (self._seat.thread is not None)
        return self._seat.notice if is_here else None

    def _draw(self, notice: str | None) -> None:
        if notice is None:
            return
        with tag("div", "tl-notice", role="alert"):
            with tag("div", "tl-notice-words"):
                only_visible_to_you()
                tag("div", "", notice)
            icon_button("close", "Dismiss", lambda: self._seat.tell(None))
