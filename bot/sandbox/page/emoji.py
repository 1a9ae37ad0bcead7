"""Emoji shortcodes, drawn as characters."""

import re

from rich.emoji import Emoji

PICKED = (
    "+1", "white_check_mark", "eyes", "raised_hands", "pray", "tada", "heart", "joy",
    "thinking_face", "ticket", "sos", "rotating_light", "warning", "question", "bug", "x",
)  # fmt: skip
"""What the reaction picker offers."""

_SHORTCODE = re.compile(r":([a-z0-9_+'-]+)(?:::skin-tone-[2-6])?:")
# Below this, characters such as U+26A0 are drawn as text unless they are told otherwise.
_FIRST_PICTOGRAPH = "\U0001f000"
_AS_EMOJI = "\ufe0f"


def drawn(text: str) -> str:
    """The text with its shortcodes replaced; unknown ones stay as they are."""
    return _SHORTCODE.sub(lambda code: emoji(code[1]), text)


def emoji(name: str) -> str:
    """The character for a name such as `tada`, or `:name:` where there is none."""
    code = f":{name.partition('::')[0]}:"
    character = Emoji.replace(code)
    if len(character) == 1 and character < _FIRST_PICTOGRAPH:
        return character + _AS_EMOJI
    return character
