"""What a list of messages shows, before anything is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.sandbox.page.reader import Reader
from bot.sandbox.page.reading import Reading
from bot.sandbox.records import Message, Person

# Messages of one author within this many seconds share one name and one avatar.
_TOGETHER = 300
# Faces beside the link to a thread.
_FACES = 4


@dataclass(frozen=True)
class Row:
    """A message and what stands around it.

    `day` is the divider above it, if any; `follows` means that it continues what its author
    said just before, `is_news` that what is new begins here. `replies`, `new_replies`,
    `last_reply` and `repliers` are for the link to its thread.
    """

    message: Message
    author: Person
    day: str | None = None
    follows: bool = False
    replies: int = 0
    new_replies: int = 0
    last_reply: str | None = None
    repliers: tuple[Person, ...] = ()
    is_news: bool = False


def channel_rows(
    reader: Reader, reading: Reading, channel: str, news: str | None = None
) -> list[Row]:
    """The channel as the reader sees it: no replies but those shown in the channel, too.

    `news` is the message with which begins what the reader had not seen before.
    """
    shown = [
        message
        for message in reader.workspace.messages(channel)
        if _visible(message, reader) and (not message.is_reply or message.is_broadcast)
    ]
    return _rows(shown, reader, news, reading)


def thread_rows(reader: Reader, channel: str, thread: str, news: str | None = None) -> list[Row]:
    """The thread's first message, unless it was deleted, and its replies."""
    shown = [
        message
        for message in reader.workspace.messages(channel)
        if _visible(message, reader) and thread in (message.ts, message.thread_ts)
    ]
    return _rows(shown, reader, news)


def _visible(message: Message, reader: Reader) -> bool:
    return message.ephemeral_to in (None, reader.user)


def _rows(
    messages: Iterable[Message], reader: Reader, news: str | None, reading: Reading | None = None
) -> list[Row]:
    rows: list[Row] = []
    previous: Message | None = None
    for message in messages:
        day = reader.day(message.ts)
        is_new_day = previous is None or reader.day(previous.ts) != day
        is_news = message.ts == news
        replies = reader.workspace.replies(message.channel, message.ts) if reading else []
        follows = previous is not None and _continues(previous, message)
        rows.append(
            Row(
                message,
                reader.workspace.person(message.user),
                day=day if is_new_day else None,
                follows=follows and not is_new_day and not is_news,
                replies=len(replies),
                new_replies=reading.new_replies(reader.user, message) if reading else 0,
                last_reply=replies[-1].ts if replies else None,
                repliers=_repliers(replies, reader),
                is_news=is_news,
            )
        )
        previous = message
    return rows


def _repliers(replies: Iterable[Message], reader: Reader) -> tuple[Person, ...]:
    """Those who wrote last, each once."""
    users = dict.fromkeys(message.user for message in reversed(list(replies)))
    return tuple(reader.workspace.person(user) for user in list(users)[:_FACES])


def _continues(previous: Message, message: Message) -> bool:
    if previous.user != message.user or previous.username != message.username:
        return False
    if message.bot_id and message.blocks:
        return False  # a card stands for itself
    kinds = {previous.ephemeral_to, message.ephemeral_to, previous.subtype, message.subtype}
    return kinds <= {None, "file_share"} and float(message.ts) - float(previous.ts) < _TOGETHER
