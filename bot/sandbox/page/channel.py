"""The middle of the page: a channel or the app's own place."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.sandbox.page.composer import Composer
from bot.sandbox.page.home import Home
from bot.sandbox.page.message import draw_row
from bot.sandbox.page.message_list import MessageList
from bot.sandbox.page.notice import Notice
from bot.sandbox.page.pane import Pane
from bot.sandbox.page.rows import channel_rows
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon_button, tag
from bot.sandbox.records import Channel


@dataclass(frozen=True)
class Head:
    """What stands above the messages."""

    place: Channel
    title: str
    tab: str


class ChannelView:
    """Header, messages and composer, or the app's home where that tab is open."""

    def __init__(self, seat: Seat, show_sidebar: Callable[[], None]) -> None:
        self._seat = seat
        with tag("main", "tl-main"):
            with tag("header", "tl-head"):
                icon_button("arrow_back", "Back to the channels", show_sidebar, "tl-back")
                self._head = Pane(tag("div", "tl-head-words"), self._look, self._draw_head)
            self._home = Home(seat)
            self._talk = tag("div", "tl-talk")
            with self._talk:
                with tag("div", "tl-scroll") as scroll, tag("div", "tl-scrolled"):
                    self._intro = Pane(tag("div", "tl-intro"), self._look, self._draw_intro)
                    self._list = MessageList(
                        scroll, tag("div"), lambda row: draw_row(row, seat, in_thread=False)
                    )
                self._notice = Notice(seat, in_thread=False)
                self._composer = Composer(seat, in_thread=False)

    def refresh(self) -> None:
        seat = self._seat
        self._head.refresh()
        self._home.refresh()
        self._talk.visible = seat.tab != "home"
        self._intro.refresh()
        rows = channel_rows(seat.reader, seat.reading, seat.channel, seat.news)
        self._list.show((seat.user, seat.channel), rows)
        self._notice.refresh()
        self._composer.refresh()

    def _look(self) -> Head:
        place = self._seat.place
        return Head(place, self._seat.reader.title(place), self._seat.tab)

    def _draw_head(self, head: Head) -> None:
        tag("h1", "tl-title", head.title)
        if head.place.is_im:
            self._tabs(head.tab)
            return
        people = len(head.place.members)
        topic = f" · {head.place.topic}" if head.place.topic else ""
        tag("span", "tl-muted", f"{people} members{topic}")

    def _tabs(self, tab: str) -> None:
        manifest = self._seat.sandbox.manifest
        offered = [
            *(["home"] if manifest.home_tab else []),
            *(["messages"] if manifest.messages_tab else []),
        ]
        for name in offered if len(offered) > 1 else ():
            button(
                "tl-tab tl-open" if name == tab else "tl-tab",
                partial(self._seat.open_app, name),
                name.title(),
                aria_pressed="true" if name == tab else "false",
            )

    def _draw_intro(self, head: Head) -> None:
        tag("h2", "tl-intro-title", head.title)
        if head.place.is_im:
            text = f"This is your conversation with {head.title}. Nobody else can read it."
        else:
            secrecy = "private " if head.place.is_private else ""
            text = f"This is the very beginning of the {secrecy}channel {head.title}."
        tag("p", "tl-muted", text)
