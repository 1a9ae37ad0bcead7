"""What is said of files that could not be copied."""

from collections.abc import Mapping, Sequence
from typing import Any

from humanize import naturalsize
from slack_sdk.models.blocks import SectionBlock

from bot.blocks.text import SlackMessage, inert, mrkdwn
from bot.blocks.wording import FILE_NAME_SHOWN, FILES_SHOWN
from core.text import clip

WHY_SHOWN = 150


def left_out(missing: Sequence[tuple[Mapping[str, Any], str]]) -> SlackMessage:
    """Return which files are not here: name, size, and why."""
    lines = ["*Not copied here:*"]
    for file, why in missing[:FILES_SHOWN]:
        name = inert(clip(str(file.get("name") or "a file"), FILE_NAME_SHOWN))
        size = f" ({naturalsize(file['size'])})" if file.get("size") else ""
        lines.append(f"• {name}{size}: {inert(clip(why, WHY_SHOWN))}")
    if len(missing) > FILES_SHOWN:
        lines.append(f"and {len(missing) - FILES_SHOWN} more")
    text = "\n".join(lines)
    return SlackMessage(text=text, blocks=[SectionBlock(text=mrkdwn(text))])
