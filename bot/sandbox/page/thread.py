"""The pane beside a channel: one thread."""

from bot.sandbox.page.composer import Composer
from bot.sandbox.page.message import draw_row
from bot.sandbox.page.message_list import MessageList
from bot.sandbox.page.notice import Notice
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.rows import thread_rows
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import icon_button, tag


class ThreadView:
    """A message and its replies; hidden while no thread is open."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._root = tag("aside", "tl-thread", aria_label="Thread")
        with self._root:
            with tag("header", "tl-head"):
                icon_button("arrow_back", "Back to the channel", self._close, "tl-back")
                with tag("div", "tl-head-words"):
                    tag("h2", "tl-title", "Thread")
                    self._place = Pane(tag("span", "tl-muted"), self._title, self._draw_title)
                icon_button("close", "Close thread", self._close, "tl-close")
            with tag("div", "tl-scroll") as scroll, tag("div", "tl-scrolled"):
                self._gone = tag("p", "tl-muted tl-joined", "This message was deleted.")
                self._list = MessageList(
                    scroll, tag("div"), lambda row: draw_row(row, seat, in_thread=True)
                )
            self._notice = Notice(seat, in_thread=True)
            self._composer = Composer(seat, in_thread=True)

    def refresh(self) -> None:
        seat = self._seat
        self._root.visible = seat.thread is not None
        if seat.thread is None:
            return
        self._place.refresh()
        self._gone.visible = not seat.sandbox.workspace.has_message(seat.channel, seat.thread)
        rows = thread_rows(seat.reader, seat.channel, seat.thread, seat.thread_news)
        self._list.show((seat.user, seat.channel, seat.thread), rows)
        self._notice.refresh()
        self._composer.refresh()

    def _close(self) -> None:
        self._seat.look_into(None)

    def _title(self) -> str:
        return self._seat.reader.title(self._seat.place)

    def _draw_title(self, title: str) -> None:
        tag("span", "", title)
