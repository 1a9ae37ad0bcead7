"""Where blocks are drawn: for whom, and what using an element in them does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.forms import initial
from bot.sandbox.page.dialogs import confirmed
from bot.sandbox.page.reader import Reader
from bot.sandbox.records import Json

Use = Callable[[str, str, Any], Awaitable[None]]


@dataclass(frozen=True)
class Surface:
    """A message, a modal or an App Home before one reader.

    `use` is called with a block id, an action id and a value when an element is used. `answers`
    holds what was filled in so far, by action id; `errors` what was wrong with it, by block id.
    `focus` is the block where one begins to type.
    """

    reader: Reader
    use: Use
    answers: dict[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    focus: str | None = None


@dataclass(frozen=True)
class Control:
    """One interactive element in its block; `label` is its accessible name."""

    surface: Surface
    block: Json
    element: Json
    label: str

    @property
    def value(self) -> Any:
        """What was filled in, or what the app filled in beforehand."""
        return self.surface.answers.get(self.element["action_id"], initial_value(self.element))

    @property
    def is_typed_first(self) -> bool:
        """Whether the app, or the surface, would have the person begin here."""
        is_here = self.block.get("block_id") == self.surface.focus
        return is_here or bool(self.element.get("focus_on_load"))

    @property
    def tells_at_once(self) -> bool:
        """An input waits for its form to be submitted, anything else does not."""
        return self.block["type"] != "input" or bool(self.block.get("dispatch_action"))

    async def give(self, value: Any) -> None:
        """Take the value in and, where the app is to know, tell it."""
        self.surface.answers[self.element["action_id"]] = value
        if self.tells_at_once:
            await self.tell(value)

    async def tell(self, value: Any) -> None:
        """Have the app told, once a confirmation it asked for was given; a button has no value."""
        if await confirmed(self.element.get("confirm"), self.surface.reader):
            block_id, action_id = self.block.get("block_id", ""), self.element["action_id"]
            await self.surface.use(block_id, action_id, value)


def initial_value(element: Json) -> Any:
    """What an app filled in beforehand: a text, an option's value, or a list of such values."""
    (value,) = initial(element).values()
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return _bare(value)


def _bare(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value
