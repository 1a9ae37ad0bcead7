"""One message, drawn."""

from humanize import naturalsize

from bot.sandbox.page.avatar import draw_avatar
from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.message_menu import Toolbar
from bot.sandbox.page.mrkdwn import parse
from bot.sandbox.page.prose import draw
from bot.sandbox.page.reactions import draw_reactions
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
    if row.is_news:
        tag("div", "tl-new", "New", role="separator", aria_label="New messages")
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
            draw_reactions(row.message, seat)
            if row.replies and not in_thread:
                _thread_link(row, seat)
        Toolbar(row.message, seat, in_thread=in_thread).draw()


def _joined(message: Message, seat: Seat) -> None:
    with tag("div", "tl-joined"):
        draw(parse(message.text, seat.reader))


def _margin(row: Row, name: str, seat: Seat) -> None:
    with tag("div", "tl-margin"):
        if row.follows:
            _time(row.message, seat)
        else:
            draw_avatar(row.author, name)


def _byline(row: Row, name: str, seat: Seat) -> None:
    with tag("div", "tl-byline"):
        tag("span", "tl-author", name)
        if row.author.is_bot:
            tag("span", "tl-tag", "APP")
        _time(row.message, seat)


def _time(message: Message, seat: Seat) -> None:
    when = seat.reader.when(message.ts)
    tag("time", "tl-time", seat.reader.time(message.ts), title=when[0].upper() + when[1:])


def _content(message: Message, seat: Seat) -> None:
    """An app's blocks, or the text; people's messages are drawn from what they typed."""
    surface = _surface(message, seat)
    if message.blocks and message.bot_id:
        with tag("div", "tl-card" if is_card(message) else ""):
            draw_blocks(message.blocks, surface)
    else:
        draw(parse(message.text, seat.reader))
    if message.edited and not message.bot_id:
        when = seat.reader.when(message.edited.ts)
        tag("span", "tl-edited", "(edited)", title=f"Edited {when}")
    for attachment in message.attachments:
        _attachment(attachment, surface)
    if message.files:
        with tag("div", "tl-files"):
            for file in message.files:
                _file(file)


def is_card(message: Message) -> bool:
    """Whether an app's message is something to work with rather than something said."""
    return any(
        block["type"] in ("header", "actions") or "action_id" in block.get("accessory", {})
        for block in message.blocks
    )


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


def _file(file: File) -> None:
    sign = "image" if file.mimetype.startswith("image/") else "description"
    with tag("div", "tl-file"):
        icon(sign).classes("tl-file-sign")
        with tag("span", "tl-file-words"):
            tag("span", "tl-bold", file.title or file.name)
            tag("span", "tl-muted", f"{file.mimetype} · {naturalsize(len(file.content or b''))}")


def _thread_link(row: Row, seat: Seat) -> None:
    count = "1 reply" if row.replies == 1 else f"{row.replies} replies"
    when = f"Last reply {seat.reader.when(row.last_reply)}" if row.last_reply else ""
    with button(
        "tl-thread-link",
        lambda: seat.look_into(row.message.ts),
        data_key="thread",
        aria_label=f"Open thread: {count}" + (", new" if row.new_replies else ""),
    ):
        with tag("span", "tl-faces"):
            for person in row.repliers:
                draw_avatar(person, css="tl-tiny")
        tag("span", "tl-bold", count)
        if row.new_replies:
            tag("span", "tl-badge", f"{row.new_replies} new")
        tag("span", "tl-muted", when)
