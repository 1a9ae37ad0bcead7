"""Text objects, options, confirmations and rich text: https://docs.slack.dev/reference/block-kit/composition-objects."""

from bot.sandbox.blockkit.rules import (
    Rule,
    array,
    boolean,
    by_type,
    choice,
    integer,
    mapping,
    record,
    string,
)

TYPE = {"type": string()}


def plain_text(most: int, *, least: int = 1) -> Rule:
    fields = {"type": choice("plain_text"), "text": string(most, least=least)}
    return record(fields, {"emoji": boolean})


def mrkdwn(most: int) -> Rule:
    fields = {"type": choice("mrkdwn"), "text": string(most, least=1)}
    return record(fields, {"verbatim": boolean})


def any_text(most: int) -> Rule:
    """plain_text or mrkdwn."""
    return by_type({"plain_text": plain_text(most), "mrkdwn": mrkdwn(most)})


CONFIRMATION = record(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30)},
    {"deny": plain_text(30), "style": choice("primary", "danger")},
)


def option(text: Rule) -> Rule:
    return record(
        {"text": text, "value": string(150, least=1)},
        {"description": any_text(75), "url": string(3_000)},
    )


PLAIN_OPTION = option(plain_text(75))
ANY_OPTION = option(any_text(75))
OPTION_GROUP = record(
    {"label": plain_text(75), "options": array(PLAIN_OPTION, least=1, most=100)}, {}
)

SLACK_FILE = record({}, {"id": string(), "url": string(3_000)})

_STYLE = {"style": mapping}
_INLINE = by_type(
    {
        "text": record(TYPE | {"text": string(least=1)}, _STYLE),
        "link": record(
            TYPE | {"url": string(3_000)}, _STYLE | {"text": string(), "unsafe": boolean}
        ),
        "user": record(TYPE | {"user_id": string()}, _STYLE),
        "usergroup": record(TYPE | {"usergroup_id": string()}, _STYLE),
        "team": record(TYPE | {"team_id": string()}, _STYLE),
        "channel": record(TYPE | {"channel_id": string()}, _STYLE),
        "emoji": record(
            TYPE | {"name": string()}, _STYLE | {"unicode": string(), "skin_tone": integer()}
        ),
        "broadcast": record(TYPE | {"range": choice("here", "channel", "everyone")}, _STYLE),
        "color": record(TYPE | {"value": string()}, _STYLE),
        "date": record(
            TYPE | {"timestamp": integer(), "format": string()},
            _STYLE | {"url": string(), "fallback": string()},
        ),
    }
)
_SECTION = record(TYPE | {"elements": array(_INLINE)}, {})
_BORDER = {"border": integer(0, 1)}
RICH_TEXT_ELEMENT = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_preformatted": record(
            TYPE | {"elements": array(_INLINE)}, _BORDER | {"language": string()}
        ),
        "rich_text_quote": record(TYPE | {"elements": array(_INLINE)}, _BORDER),
        "rich_text_list": record(
            TYPE
            | {
                "style": choice("bullet", "ordered"),
                "elements": array(by_type({"rich_text_section": _SECTION})),
            },
            _BORDER | {"indent": integer(0, 8), "offset": integer(0)},
        ),
    }
)
RICH_TEXT = record(
    TYPE | {"elements": array(RICH_TEXT_ELEMENT)}, {"block_id": string(255, least=1)}
)
