"""What a ``message`` event means. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.text import from_slack
from core.text import one_line

# https://docs.slack.dev/reference/events/message#subtypes: what people say, in Slack's several ways
_SPOKEN = frozenset({None, "file_share", "me_message", "thread_broadcast"})


@dataclass(frozen=True)
class Said:
    """Somebody said something; ``root_ts`` is None at top level."""

    channel: str
    ts: str
    root_ts: str | None
    user_id: str
    text: str
    files: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Edited:
    """A message says something else now."""

    channel: str
    ts: str
    text: str
    files: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Deleted:
    """A message is gone."""

    channel: str
    ts: str


@dataclass(frozen=True)
class Ignored:
    """Nothing for the desk: a bot, a join, a new topic."""

    why: str


def classify(event: dict[str, Any]) -> Said | Edited | Deleted | Ignored:
    """Say what the event means.

    https://docs.slack.dev/reference/events/message
    """
    subtype = event.get("subtype")
    channel = str(event["channel"])
    if subtype == "message_deleted":
        return Deleted(channel=channel, ts=str(event["deleted_ts"]))
    if subtype == "message_changed":
        return _changed(channel, event["message"])
    if subtype not in _SPOKEN:
        return Ignored(why=str(subtype))
    if _by_bot(event):
        return Ignored(why="bot")
    root_ts = event.get("thread_ts")
    return Said(
        channel=channel,
        ts=str(event["ts"]),
        root_ts=str(root_ts) if root_ts and root_ts != event["ts"] else None,
        user_id=str(event["user"]),
        text=from_slack(str(event.get("text") or "")),
        files=files_of(event),
    )


def _changed(channel: str, message: dict[str, Any]) -> Edited | Deleted | Ignored:
    if _by_bot(message):
        return Ignored(why="bot")
    if message.get("subtype") == "tombstone":  # a deleted message whose thread remains
        return Deleted(channel=channel, ts=str(message["ts"]))
    return Edited(
        channel=channel,
        ts=str(message["ts"]),
        text=from_slack(str(message.get("text") or "")),
        files=files_of(message),
    )


def _by_bot(message: dict[str, Any]) -> bool:
    return bool(message.get("bot_id")) or not message.get("user")


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
    ]


def _name_of(file: dict[str, Any]) -> str:
    return one_line(str(file.get("name") or file.get("title") or "")) or "a file"
