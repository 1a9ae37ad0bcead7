"""What a list of messages shows, before anything is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.sandbox.page.reader import Reader
from bot.sandbox.page.reading import Reading
from bot.sandbox.records import Message, Person

# Messages of one author within this many seconds share one name and one avatar.
_TOGETHER = 300


@dataclass(frozen=True)
class Row:
    """A message and what stands around it.

    `day` is the divider above it, if any; `follows` means that it continues what its author
    said just before. `replies` are counted for the link to its thread.
    """

    message: Message
    author: Person
    day: str | None = None
    follows: bool = False
    replies: int = 0
    new_replies: int = 0
    last_reply: str | None = None


def channel_rows(reader: Reader, reading: Reading, channel: str) -> list[Row]:
    """The channel as the reader sees it: no replies but those shown in the channel, too."""
    shown = [
        message
        for message in reader.workspace.messages(channel)
        if _visible(message, reader) and (not message.is_reply or message.is_broadcast)
    ]
    return _rows(shown, reader, reading)


def thread_rows(reader: Reader, channel: str, thread: str) -> list[Row]:
    """The thread's first message, unless it was deleted, and its replies."""
    shown = [
        message
        for message in reader.workspace.messages(channel)
        if _visible(message, reader) and thread in (message.ts, message.thread_ts)
    ]
    return _rows(shown, reader)


def _visible(message: Message, reader: Reader) -> bool:
    return message.ephemeral_to in (None, reader.user)


def _rows(messages: Iterable[Message], reader: Reader, reading: Reading | None = None) -> list[Row]:
    rows: list[Row] = []
    previous: Message | None = None
    for message in messages:
        day = reader.day(message.ts)
        is_new_day = previous is None or reader.day(previous.ts) != day
        replies = reader.workspace.replies(message.channel, message.ts) if reading else []
        rows.append(
            Row(
                message,
                reader.workspace.person(message.user),
                day=day if is_new_day else None,
                follows=not is_new_day and previous is not None and _continues(previous, message),
                replies=len(replies),
                new_replies=reading.new_replies(reader.user, message) if reading else 0,
                last_reply=replies[-1].ts if replies else None,
            )
        )
        previous = message
    return rows


def _continues(previous: Message, message: Message) -> bool:
    if previous.user != message.user or previous.username != message.username:
        return False
    if message.bot_id and message.blocks:
        return False  # a card stands for itself
    kinds = {previous.ephemeral_to, message.ephemeral_to, previous.subtype, message.subtype}
    return kinds <= {None, "file_share"} and float(message.ts) - float(previous.ts) < _TOGETHER
