"""Text on its way to Slack, where what a person or a model wrote must stay mere text."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextQuoteElement,
    RichTextSectionElement,
)
from slack_sdk.models.blocks.block_elements import RichTextElement

from core.contacts import name_of
from core.text import clip
from storage.tables import Contact

# https://docs.slack.dev/reference/block-kit/blocks
SECTION_LIMIT = 3_000
HEADER_LIMIT = 150
# chat.update refuses more: https://docs.slack.dev/reference/methods/chat.update
FALLBACK_LIMIT = 3_900
# All blocks together as JSON: beyond some 13,000 characters Slack answers msg_blocks_too_long.
BLOCKS_LIMIT = 12_500
# Each address that is a link of its own makes the message longer by far; more stay plain text.
LINKS_SHOWN = 20

_URL = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")


@dataclass(frozen=True)
class SlackMessage:
    """A message: its blocks, and the text that phones and screen readers get instead of them."""

    text: str
    blocks: list[Block]

    @property
    def fits(self) -> bool:
        """Whether Slack takes that many blocks' text in one message."""
        return len(json.dumps(self._blocks, ensure_ascii=False)) <= BLOCKS_LIMIT

    def arguments(self) -> dict[str, Any]:
        """Return what ``chat.postMessage`` and ``chat.update`` take."""
        return {
            "text": clip(self.text, FALLBACK_LIMIT),
            "blocks": self._blocks,
        }

    @cached_property
    def _blocks(self) -> list[dict[str, Any]]:
        # Once: the SDK takes over a millisecond for a card.
        return [block.to_dict() for block in self.blocks]


def first_that_fits(messages: Iterable[SlackMessage], *, whole_text: bool = False) -> SlackMessage:
    """Return the first that Slack takes, with ``whole_text`` without clipping it; else the last.

    They are made one by one, and become shorter.
    """
    for message in messages:
        if message.fits and not (whole_text and len(message.text) > FALLBACK_LIMIT):
            break
    return message


def escape(text: str) -> str:
    """Neutralise mentions, links and formatting by angle brackets.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inert(text: str) -> str:
    """Escape the text, and keep ``*``, ``_``, ``~`` and ``` ` ``` from formatting it."""
    return re.sub(r"([*_~`])", "\u200b\\1\u200b", escape(text))


def mention(contact: Contact | None) -> str:
    """Name a person so that Slack tells them; by their name where they are not in the workspace."""
    if contact is not None and contact.slack_user_id is not None:
        return f"<@{contact.slack_user_id}>"
    return inert(name_of(contact))


def mrkdwn(text: str) -> MarkdownTextObject:
    """Our own formatted text, in which Slack finds no links or mentions of its own accord."""
    return MarkdownTextObject(text=text, verbatim=True)


def plain(text: str, limit: int = SECTION_LIMIT) -> PlainTextObject:
    """Text without any formatting."""
    return PlainTextObject(text=clip(text, limit), emoji=True)


def moment(when: datetime) -> str:
    """A moment as each reader's own clock has it, for mrkdwn."""
    return (
        f"<!date^{int(when.timestamp())}^{{date_short_pretty}} {{time}}|{when:%Y-%m-%d %H:%M} UTC>"
    )


def quote(text: str) -> RichTextBlock:
    """What somebody wrote, set off from our own words."""
    return RichTextBlock(elements=[RichTextQuoteElement(elements=_parts(text))])


def paragraph(text: str) -> RichTextBlock:
    """What somebody wrote, with addresses as links that show where they lead."""
    return RichTextBlock(elements=[RichTextSectionElement(elements=_parts(text))])


def _parts(text: str) -> list[RichTextElement]:
    text = clip(text, SECTION_LIMIT) or " "
    parts: list[RichTextElement] = []
    end = 0
    for found in islice(_URL.finditer(text), LINKS_SHOWN):
        if found.start() > end:
            parts.append(RichTextElementParts.Text(text=text[end : found.start()]))
        parts.append(RichTextElementParts.Link(url=found.group()))
        end = found.end()
    if end < len(text):
        parts.append(RichTextElementParts.Text(text=text[end:]))
    return parts


_MARKUP = re.compile(r"<([^<>]*)>")


def from_slack(text: str) -> str:
    """Turn the text of a message from Slack into plain text.

    Mentions become ``@name`` where Slack says the name, links their address, and the three
    characters that Slack escapes are themselves again.
    """
    plain_text = _MARKUP.sub(_unmarked, text)
    return plain_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _unmarked(found: re.Match[str]) -> str:
    target, _, label = found.group(1).partition("|")
    if target.startswith("@"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return address if not label or label == address or label in address else f"{label} ({address})"
