"""What there is to choose from in a menu."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.page.emoji import drawn
from bot.sandbox.page.mrkdwn import parse
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.text import plain
from bot.sandbox.records import Json


@dataclass(frozen=True)
class Option:
    """One choice; options with the same `group` stand under that heading."""

    value: str
    text: str
    description: str = ""
    group: str = ""


def options(element: Json, reader: Reader) -> list[Option]:
    """The element's own options, or the people or channels of the workspace."""
    workspace = reader.workspace
    if "users" in element["type"]:
        people = sorted(workspace.people.values(), key=lambda person: person.real_name)
        return [Option(person.id, person.real_name) for person in people if not person.deleted]
    if "channels" in element["type"] or "conversations" in element["type"]:
        return [Option(channel.id, reader.title(channel)) for channel in reader.channels]
    own = [_option(option, reader) for option in element.get("options") or ()]
    grouped = [
        _option(option, reader, group["label"]["text"])
        for group in element.get("option_groups") or ()
        for option in group["options"]
    ]
    return own + grouped


def _option(option: Json, reader: Reader, group: str = "") -> Option:
    description = option.get("description")
    return Option(
        option["value"],
        words(option["text"], reader),
        words(description, reader) if description else "",
        group,
    )


def words(text: Json, reader: Reader) -> str:
    """A text object without its formatting, for places that show plain words only."""
    if text["type"] == "mrkdwn":
        return plain(parse(text["text"], reader))
    return drawn(text["text"])


def is_chosen(option: Option, value: Any) -> bool:
    """Whether the option is the value, or one of the values."""
    return option.value in value if isinstance(value, list) else option.value == value
