"""The list at the side: channels and the app."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from nicegui.element import Element

from bot.sandbox.page.pane import Buttons
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.switcher import jump, sign_of
from bot.sandbox.page.tags import button, icon, tag
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
            with button("tl-jump", self._jump, aria_label="Jump to a channel"):
                icon("search")
                tag("span", "tl-jump-words", "Jump to…")
                tag("kbd", "", "Ctrl K")
            tag("h2", "tl-side-title", "Channels")
            self._channels = Buttons(tag("div"), self._button, _draw)
            tag("h2", "tl-side-title", "Apps")
            self._apps = Buttons(tag("div"), self._button, _draw)

    def refresh(self) -> None:
        entries = {entry.channel.id: entry for entry in self._entries()}
        self._channels.show({key: one for key, one in entries.items() if not one.channel.is_im})
        self._apps.show({key: one for key, one in entries.items() if one.channel.is_im})

    def _entries(self) -> list[Entry]:
        seat = self._seat
        return [
            Entry(
                place,
                seat.reader.title(place),
                seat.reading.unread(seat.user, place.id),
                is_open=place.id == seat.channel,
            )
            for place in seat.places
        ]

    def _button(self, entry: Entry) -> Element:
        return button("tl-entry", partial(self._open, entry.channel))

    async def _jump(self) -> None:
        place = await jump(self._seat)
        if place:
            await self._open(place)

    async def _open(self, place: Channel) -> None:
        self._chosen()
        if place.is_im:
            messages = self._seat.sandbox.manifest.messages_tab
            await self._seat.open_app("messages" if messages else "home")
        else:
            self._seat.look_at(place.id)


def _draw(face: Element, entry: Entry) -> None:
    css = ["tl-entry", *(["tl-open"] if entry.is_open else [])]
    css += ["tl-unread"] if entry.unread else []
    private = ", private" if entry.channel.is_private else ""
    news = f", {entry.unread} unread" if entry.unread else ""
    face.classes(replace=" ".join(css))
    face.props["aria-label"] = f"{entry.title}{private}{news}"
    face.props["aria-current"] = "page" if entry.is_open else "false"
    icon(sign_of(entry.channel))
    tag("span", "tl-entry-name", entry.title.removeprefix("#"))
    if entry.unread:
        tag("span", "tl-badge", str(entry.unread))
