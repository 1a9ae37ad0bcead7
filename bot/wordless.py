"""What a message says that has no text of its own: bots often write in blocks and attachments."""

from collections.abc import Iterator
from typing import Any

from core.text import clean

# https://docs.slack.dev/reference/block-kit/blocks/rich-text-block: what stands on one line
_LINES = frozenset({"rich_text_preformatted", "rich_text_quote", "rich_text_section"})


def words_of(message: dict[str, Any]) -> str:
    """Return the words of the blocks, then of the attachments, one below the other."""
    lines = [*_words(message.get("blocks"))]
    for attachment in message.get("attachments") or []:
        lines += _attached(attachment)
    return clean("\n".join(lines))


def _attached(attachment: dict[str, Any]) -> list[str]:
    """What stands in an attachment; ``fallback`` is what Slack says where it shows none of it.

    https://docs.slack.dev/reference/messaging/payload#attachments
    """
    named = (attachment.get(name) for name in ("pretext", "title", "text"))
    lines = [str(each) for each in named if each] + [*_words(attachment.get("blocks"))]
    return lines or [str(attachment.get("fallback") or "")]


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _words(each)
    elif isinstance(part, dict):
        if part.get("type") in _LINES:
            yield "".join(_inline(each) for each in part.get("elements") or [])
        elif isinstance(part.get("text"), str):
            yield part["text"]
        elif part.get("type") != "actions":  # what is to be clicked is not said
            for name in ("text", "fields", "elements"):
                yield from _words(part.get(name))


def _inline(element: dict[str, Any]) -> str:
    """One piece of a line in rich text, as it would be written."""
    match element.get("type"):
        case "emoji":
            return f":{element.get('name')}:"
        case "user":
            return f"<@{element.get('user_id')}>"
        case _:
            return str(element.get("text") or element.get("url") or "")
