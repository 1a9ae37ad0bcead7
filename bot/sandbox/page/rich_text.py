"""The `rich_text` block, read into passages.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Iterator

from bot.sandbox.page.dates import formatted
from bot.sandbox.page.emoji import emoji
from bot.sandbox.page.links import link
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.text import Kind, Passage, Run, Style
from bot.sandbox.records import Json

_KINDS = {
    "rich_text_section": Kind.TEXT,
    "rich_text_quote": Kind.QUOTE,
    "rich_text_preformatted": Kind.CODE,
}
_BULLETS = "•◦▪"


def parse(block: Json, reader: Reader) -> tuple[Passage, ...]:
    """The block's sections, lists, quotes and preformatted texts."""
    return tuple(
        passage for element in block.get("elements") or () for passage in _passages(element, reader)
    )


def _passages(element: Json, reader: Reader) -> Iterator[Passage]:
    if element["type"] == "rich_text_list":
        yield from _items(element, reader)
    elif element["type"] in _KINDS:
        runs = tuple(_run(part, reader) for part in element["elements"])
        yield Passage(_KINDS[element["type"]], runs)


def _items(element: Json, reader: Reader) -> Iterator[Passage]:
    indent, first = int(element.get("indent") or 0), int(element.get("offset") or 0) + 1
    for number, item in enumerate(element["elements"], start=first):
        is_ordered = element.get("style") == "ordered"
        marker = f"{number}." if is_ordered else _BULLETS[indent % len(_BULLETS)]
        runs = tuple(_run(part, reader) for part in item["elements"])
        yield Passage(Kind.ITEM, runs, indent, marker)


def _run(part: Json, reader: Reader) -> Run:
    style = _style(part.get("style") or {})
    match part["type"]:
        case "text":
            return Run(part["text"], style)
        case "link":
            return link(reader, part["url"], part.get("text") or "", style)
        case "emoji":
            return Run(emoji(part["name"]), style)
        case "user":
            return Run(reader.person(part["user_id"]), style, is_mention=True)
        case "channel":
            return Run(reader.channel(part["channel_id"]), style, is_mention=True)
        case "usergroup":
            return Run(reader.usergroup(part["usergroup_id"]), style, is_mention=True)
        case "broadcast":
            return Run(f"@{part['range']}", style, is_mention=True)
        case "date":
            text = formatted(
                reader, str(part["timestamp"]), part["format"], part.get("fallback") or ""
            )
            return link(reader, part["url"], text, style) if part.get("url") else Run(text, style)
        case _:
            return Run(str(part.get("value") or ""), style)


def _style(style: Json) -> Style:
    return Style(
        bold=bool(style.get("bold")),
        italic=bool(style.get("italic")),
        strike=bool(style.get("strike")),
        code=bool(style.get("code")),
    )
