"""Emoji shortcodes, drawn as characters."""

import re

from rich.emoji import Emoji

_NAMES = """
+1 -1 white_check_mark eyes raised_hands pray tada heart joy thinking_face ticket sos
rotating_light warning question exclamation bug x 100 clap wave ok_hand muscle point_up
point_right crossed_fingers handshake smile grin smiley sweat_smile wink blush heart_eyes
sunglasses neutral_face confused worried cry sob scream angry sleeping
star sparkles fire zap boom rocket bulb bell lock unlock key mag wrench hammer gear computer
iphone email phone printer floppy_disk package memo clipboard calendar clock3 hourglass
stopwatch construction no_entry arrow_right arrow_up arrows_counterclockwise recycle red_circle
checkered_flag trophy gift cake coffee pizza sunny umbrella snowflake rainbow dog cat snail
seedling house office
"""
PICKED = tuple(_NAMES.split())
"""What the reaction picker offers, by Slack's names."""

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
