"""Reactions below a message, and the picker to add one."""

from collections.abc import Awaitable, Callable
from functools import partial

from bot.sandbox.page.emoji import PICKED, emoji
from bot.sandbox.page.popup import Popup, open_panel
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, icon, tag
from bot.sandbox.records import Message


def draw_reactions(message: Message, seat: Seat) -> None:
    """One button an emoji, which adds the person's own or takes it back, and one for more."""
    if not message.reactions:
        return
    people = seat.sandbox.workspace.people
    with tag("div", "tl-reactions"):
        for name, users in message.reactions.items():
            who = ", ".join(people[user].real_name for user in users)
            is_mine = seat.user in users
            button(
                "tl-reaction tl-mine" if is_mine else "tl-reaction",
                partial(_toggle, seat, message, name),
                f"{emoji(name)} {len(users)}",
                aria_label=f":{name}: reaction, {len(users)}",
                data_key=name,
                aria_pressed="true" if is_mine else "false",
                title=f"{who} reacted with :{name}:",
            )
        add_reaction(message, seat, "tl-reaction")


async def _toggle(seat: Seat, message: Message, name: str) -> None:
    people = seat.sandbox.people
    change = people.unreact if seat.user in message.reactions.get(name, ()) else people.react
    await seat.attempt(change(seat.user, message.channel, message.ts, name))


def add_reaction(message: Message, seat: Seat, css: str) -> None:
    """A button that opens the picker; an emoji is found by a part of its name."""

    def fill(panel: Popup) -> None:
        async def react(name: str) -> None:
            panel.close()
            if seat.user not in message.reactions.get(name, ()):
                await _toggle(seat, message, name)

        _picker(react)

    label = "Add reaction"
    anchor = button(
        css,
        lambda: open_panel(anchor, "Pick an emoji", fill),
        aria_label=label,
        data_key=f"{label} {css}",  # there may be two at a message
        aria_haspopup="dialog",
        title=label,
    )
    with anchor:
        icon("add_reaction")


def _picker(react: Callable[[str], Awaitable[None]]) -> None:
    with tag("div", "tl-picker tl-chooser"):
        tag(
            "input",
            "tl-search",
            type="search",
            placeholder="Search emoji",
            aria_label="Search emoji",
            autofocus=True,
        )
        with tag("div", "tl-picker-list", role="listbox", aria_label="Emoji"):
            for name in PICKED:
                button(
                    "tl-icon",
                    partial(react, name),
                    emoji(name),
                    role="option",
                    aria_label=f":{name}:",
                    aria_selected="false",
                    data_words=f":{name}:",
                    title=f":{name}:",
                )
        tag("div", "tl-picker-name", "", aria_live="polite", data_shows_chosen=True)
