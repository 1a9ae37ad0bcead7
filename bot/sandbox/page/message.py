"""One message, drawn."""

from collections.abc import Iterable
from functools import partial

from bot.sandbox.page.avatar import draw_avatar
from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.emoji import emoji
from bot.sandbox.page.message_menu import Toolbar
from bot.sandbox.page.mrkdwn import parse
from bot.sandbox.page.prose import draw
from bot.sandbox.page.rows import Row
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.surface import Surface
from bot.sandbox.page.tags import button, icon, only_visible_to_you, tag
from bot.sandbox.records import File, Json, Message


def draw_row(row: Row, seat: Seat, *, in_thread: bool) -> None:
    """A message with the day above it, its author, its text or card, and what belongs to it."""
    if row.day:
        with tag("div", "tl-day", role="separator", aria_label=row.day):
            tag("span", "", row.day)
    if row.message.subtype == "channel_join":
        _joined(row.message, seat)
        return
    name = row.message.username or row.author.real_name
    css = "tl-message tl-follows" if row.follows else "tl-message"
    css += " tl-ephemeral" if row.message.ephemeral_to else ""
    with tag("article", css, aria_label=f"Message from {name}"):
        _margin(row, name, seat)
        with tag("div", "tl-body"):
            if row.message.ephemeral_to:
                only_visible_to_you()
            if not row.follows:
                _byline(row, name, seat)
            _content(row.message, seat)
            _reactions(row.message, seat)
            if row.replies and not in_thread:
                _thread_link(row, seat)
        Toolbar(row.message, seat, in_thread=in_thread).draw()


def _joined(message: Message, seat: Seat) -> None:
    with tag("div", "tl-joined"):
        draw(parse(message.text, seat.reader))


def _margin(row: Row, name: str, seat: Seat) -> None:
    with tag("div", "tl-margin"):
        if row.follows:
            tag("span", "tl-time", seat.reader.time(row.message.ts))
        else:
            draw_avatar(row.author.id, name, "tl-app" if row.author.is_bot else "")


def _byline(row: Row, name: str, seat: Seat) -> None:
    with tag("div", "tl-byline"):
        tag("span", "tl-author", name)
        if row.author.is_bot:
            tag("span", "tl-tag", "APP")
        tag("span", "tl-time", seat.reader.time(row.message.ts))


def _content(message: Message, seat: Seat) -> None:
    """An app's blocks, or the text; people's messages are drawn from what they typed."""
    surface = _surface(message, seat)
    if message.blocks and message.bot_id:
        draw_blocks(message.blocks, surface)
    else:
        draw(parse(message.text, seat.reader))
    for attachment in message.attachments:
        _attachment(attachment, surface)
    _files(message.files)
    if message.edited and not message.bot_id:
        tag("span", "tl-muted", "(edited)")


def _surface(message: Message, seat: Seat) -> Surface:
    async def use(block_id: str, action_id: str, value: object) -> None:
        clicking = seat.sandbox.people.click(
            seat.user, message.channel, message.ts, action_id, value, block_id or None
        )
        await seat.attempt(clicking)

    return Surface(seat.reader, use)


def _attachment(attachment: Json, surface: Surface) -> None:
    """https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments"""
    with tag("div", "tl-attachment"):
        if attachment.get("blocks"):
            draw_blocks(attachment["blocks"], surface)
            return
        if attachment.get("title"):
            tag("div", "tl-bold", attachment["title"])
        draw(parse(attachment.get("text") or attachment.get("fallback") or "", surface.reader))


def _files(files: Iterable[File]) -> None:
    for file in files:
        size = f"{len(file.content or b''):,} bytes"
        with tag("div", "tl-file"):
            icon("attach_file")
            tag("span", "", f"{file.title or file.name} · {size}")


def _reactions(message: Message, seat: Seat) -> None:
    if not message.reactions:
        return
    people = seat.sandbox.workspace.people
    with tag("div", "tl-reactions"):
        for name, users in message.reactions.items():
            who = ", ".join(people[user].real_name for user in users)
            is_mine = seat.user in users
            button(
                "tl-reaction tl-mine" if is_mine else "tl-reaction",
                partial(toggle_reaction, seat, message, name),
                f"{emoji(name)} {len(users)}",
                aria_label=f":{name}: reaction, {len(users)}",
                aria_pressed="true" if is_mine else "false",
                title=who,
            )


async def toggle_reaction(seat: Seat, message: Message, name: str) -> None:
    """Add the person's reaction, or take it back."""
    people = seat.sandbox.people
    change = people.unreact if seat.user in message.reactions.get(name, ()) else people.react
    await seat.attempt(change(seat.user, message.channel, message.ts, name))


def _thread_link(row: Row, seat: Seat) -> None:
    count = "1 reply" if row.replies == 1 else f"{row.replies} replies"
    when = f"last at {seat.reader.time(row.last_reply)}" if row.last_reply else ""
    with button(
        "tl-thread-link",
        lambda: seat.look_into(row.message.ts),
        aria_label=f"Open thread: {count}" + (", new" if row.new_replies else ""),
    ):
        tag("span", "tl-bold", count)
        if row.new_replies:
            tag("span", "tl-badge", f"{row.new_replies} new")
        tag("span", "tl-muted", when)
