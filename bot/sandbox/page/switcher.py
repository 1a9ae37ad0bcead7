"""Jump to a channel: Ctrl+K, as in the chat tools people know."""

from functools import partial

from nicegui import ui

from bot.sandbox.page.dialogs import asking
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon, tag
from bot.sandbox.records import Channel


async def jump(seat: Seat) -> Channel | None:
    """Ask where to; None when the person thought better of it."""
    with asking("Jump to…") as dialog, tag("div", "tl-chooser"):
        tag(
            "input",
            "tl-search",
            type="search",
            placeholder="Where to?",
            aria_label="Where to?",
            autofocus=True,
        )
        with tag("div", "tl-jump-list", role="listbox", aria_label="Channels and apps"):
            for number, place in enumerate(seat.places):
                _place(dialog, place, seat.reader.title(place), is_first=number == 0)
    answer = await dialog
    dialog.delete()
    return answer if isinstance(answer, Channel) else None


def _place(dialog: ui.dialog, place: Channel, title: str, *, is_first: bool) -> None:
    with button(
        "tl-jump-place",
        partial(dialog.submit, place),
        role="option",
        aria_selected="true" if is_first else "false",
        data_words=title.lower(),
    ):
        icon(sign_of(place))
        tag("span", "", title.removeprefix("#"))


def sign_of(place: Channel) -> str:
    """The icon that says what kind of place this is."""
    if place.is_im:
        return "confirmation_number"
    return "lock" if place.is_private else "tag"
