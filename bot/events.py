"""What a ``message`` event means. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.text import from_slack
from bot.wordless import words_of
from core.doors import Said
from core.installation import Installation
from core.text import one_line

# https://docs.slack.dev/reference/events/message#subtypes: what people say, in Slack's several ways
_SPOKEN = frozenset({None, "bot_message", "file_share", "me_message", "thread_broadcast"})


@dataclass(frozen=True)
class Edited:
    """A message says something else, since ``edited_ts`` where Slack tells that."""

    channel: str
    ts: str
    text: str
    files: Sequence[dict[str, Any]]
    edited_ts: str | None = None


@dataclass(frozen=True)
class Deleted:
    """A message is gone."""

    channel: str
    ts: str


@dataclass(frozen=True)
class Ignored:
    """Nothing for the desk: a bot that is not listed, a join, a new topic."""

    why: str


def classify(
    event: dict[str, Any], installation: Installation
) -> Said | Edited | Deleted | Ignored:
    """Say what the event means; an ``app_mention`` is what its message would be.

    https://docs.slack.dev/reference/events/message
    https://docs.slack.dev/reference/events/app_mention
    """
    subtype = event.get("subtype")
    channel = str(event["channel"])
    if subtype == "message_deleted":
        return Deleted(channel=channel, ts=str(event["deleted_ts"]))
    if subtype == "message_changed":
        return _changed(channel, event["message"], installation)
    if subtype not in _SPOKEN:
        return Ignored(why=str(subtype))
    if is_by_bot(event) and not _is_listed(event, installation):
        return Ignored(why="bot")
    root_ts = event.get("thread_ts")
    return Said(
        channel=channel,
        ts=str(event["ts"]),
        root_ts=str(root_ts) if root_ts and root_ts != event["ts"] else None,
        user_id=str(event.get("user") or event.get("bot_id")),
        text=text_of(event, installation),
        files=files_of(event),
        mentions_bot=bool(_mention(installation).search(str(event.get("text") or ""))),
        is_broadcast=subtype == "thread_broadcast",
        is_below_bot=event.get("parent_user_id") == installation.bot_user_id,
        is_by_bot=is_by_bot(event),
        bot_name=None if event.get("user") else _bot_name(event),
    )


def _changed(
    channel: str, message: dict[str, Any], installation: Installation
) -> Edited | Deleted | Ignored:
    if is_by_bot(message) and not _is_listed(message, installation):
        return Ignored(why="bot")
    if message.get("subtype") == "tombstone":  # a deleted message whose thread remains
        return Deleted(channel=channel, ts=str(message["ts"]))
    return Edited(
        channel=channel,
        ts=str(message["ts"]),
        text=text_of(message, installation),
        files=files_of(message),
        edited_ts=(message.get("edited") or {}).get("ts"),
    )


def is_by_bot(message: dict[str, Any]) -> bool:
    """Whether no person wrote the message."""
    return bool(message.get("bot_id")) or not message.get("user")


def _is_listed(message: dict[str, Any], installation: Installation) -> bool:
    """Whether the message is of a bot whose posts are requests; the desk's own never are."""
    if message.get("user") == installation.bot_user_id:
        return False
    profile = message.get("bot_profile") or {}
    ids = {message.get("bot_id"), message.get("app_id"), profile.get("app_id")}
    return bool(ids & installation.rules.bots)


def _bot_name(message: dict[str, Any]) -> str:
    profile = message.get("bot_profile") or {}
    return str(message.get("username") or profile.get("name") or "a bot")


def text_of(message: dict[str, Any], installation: Installation) -> str:
    """Return what the message says, without the mention of the bot itself."""
    text = _plain(str(message.get("text") or ""), installation)
    return text or _plain(words_of(message), installation)


def _plain(text: str, installation: Installation) -> str:
    return from_slack(_mention(installation).sub("", text)).strip()


def _mention(installation: Installation) -> re.Pattern[str]:
    return re.compile(rf"\s?<@{re.escape(installation.bot_user_id)}(\|[^<>]*)?>")


def files_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the desk keeps of a message's files."""
    return [
        {
            "id": str(file.get("id", "")),
            "name": _name_of(file),
            "mimetype": str(file.get("mimetype", "")),
            "size": int(file.get("size") or 0),
            "permalink": str(file.get("permalink", "")),
        }
        for file in message.get("files", [])
        if file.get("mode") != "tombstone"  # deleted by itself
    ]


def _name_of(file: dict[str, Any]) -> str:
    return one_line(str(file.get("name") or file.get("title") or "")) or "a file"
