"""What a composer suggests while one types: commands, people, channels."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.manifest import Command
from bot.sandbox.page.reader import Reader


@dataclass(frozen=True)
class Hint:
    """`text` is what it puts into the message, `words` what it stands for."""

    text: str
    words: str
    usage: str = ""

    @property
    def found_by(self) -> str:
        return f"{self.text} {self.words}".lower()


def hints(reader: Reader, commands: Mapping[str, Command]) -> list[Hint]:
    """All that a person may mean by `/`, `@` or `#`, in the order it is shown."""
    people = sorted(reader.workspace.people.values(), key=lambda person: person.real_name)
    return [
        *(Hint(one.name, one.description, one.usage_hint) for one in commands.values()),
        *(Hint(f"@{one.name}", one.real_name) for one in people if not one.deleted),
        *(Hint(f"#{one.name}", one.topic) for one in reader.channels),
    ]
