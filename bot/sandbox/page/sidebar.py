"""The list at the side: channels and the app."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.page.pane import Pane
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import Handler, button, icon, tag
from bot.sandbox.records import Channel


@dataclass(frozen=True)
class Entry:
    """A place in the list."""

    channel: Channel
    title: str
    unread: int
    is_open: bool


class Sidebar:
    """Where the person is a member; `chosen` is called when they have picked a place."""

    def __init__(self, seat: Seat, chosen: Callable[[], None]) -> None:
        self._seat = seat
        self._chosen = chosen
        with tag("nav", "tl-sidebar", aria_label="Channels and apps"):
            tag("div", "tl-team", seat.sandbox.workspace.team_name)
            self._pane = Pane(tag("div"), self._entries, self._draw)

    def refresh(self) -> None:
        self._pane.refresh()

    def _entries(self) -> list[Entry]:
        seat = self._seat
        places = [*seat.reader.channels, seat.sandbox.workspace.direct_message(seat.user)]
        return [
            Entry(
                place,
                seat.reader.title(place),
                seat.reading.unread(seat.user, place.id),
                is_open=place.id == seat.channel,
            )
            for place in places
        ]

    def _draw(self, entries: list[Entry]) -> None:
        tag("h2", "tl-side-title", "Channels")
        for entry in entries:
            if not entry.channel.is_im:
                self._entry(entry, "lock" if entry.channel.is_private else "tag")
        tag("h2", "tl-side-title", "Apps")
        for entry in entries:
            if entry.channel.is_im:
                self._entry(entry, "smart_toy")

    def _entry(self, entry: Entry, sign: str) -> None:
        css = ["tl-entry", *(["tl-open"] if entry.is_open else [])]
        css += ["tl-unread"] if entry.unread else []
        private = ", private" if entry.channel.is_private else ""
        news = f", {entry.unread} unread" if entry.unread else ""
        with button(
            " ".join(css),
            self._opening(entry.channel),
            aria_label=f"{entry.title}{private}{news}",
            aria_current="page" if entry.is_open else None,
        ):
            icon(sign)
            tag("span", "tl-entry-name", entry.title.removeprefix("#"))
            if entry.unread:
                tag("span", "tl-badge", str(entry.unread))

    def _opening(self, channel: Channel) -> Handler:
        async def open_app() -> None:
            self._chosen()
            messages = self._seat.sandbox.manifest.messages_tab
            await self._seat.open_app("messages" if messages else "home")

        def open_channel() -> None:
            self._chosen()
            self._seat.look_at(channel.id)

        return open_app if channel.is_im else open_channel
