"""Questions on the terminal, each answer looked at before the next question."""

from collections.abc import Mapping

import typer

from core.settings import Settings, problems

# What stands in .env.example where a token belongs.
PLACEHOLDERS = frozenset({"xoxb-", "xapp-"})


class Answers:
    """What was in ``.env`` before, and what was answered now, by the settings' names."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._before = known
        self.known = {name: value for name, value in known.items() if value not in PLACEHOLDERS}
        self.given: dict[str, str] = {}

    @property
    def changes(self) -> dict[str, str]:
        """What is to be written."""
        return {
            name: value for name, value in self.given.items() if value != self._before.get(name, "")
        }

    def ask(self, name: str, question: str, *, default: str = "", optional: bool = False) -> str:
        """Ask until the answer will do; what is in ``.env`` is the default."""
        default = self.known.get(name, default)
        while True:
            answer = typer.prompt(
                question,
                default=default if default or optional else None,
                show_default=bool(default),
            )
            if self._takes(name, answer):
                return self.given[name]

    def ask_secret(self, name: str, question: str, *, optional: bool = False) -> str:
        """Ask without showing what is typed; Enter keeps what is in ``.env``."""
        kept = self.known.get(name)
        hint = " (not shown; Enter keeps the one in .env)" if kept else " (not shown)"
        while True:
            answer = typer.prompt(
                question + hint,
                default=kept or ("" if optional else None),
                show_default=False,
                hide_input=True,
            )
            if self._takes(name, answer):
                return self.given[name]

    def clear(self, *names: str) -> None:
        """Take these out of what is set."""
        self.given |= {name: "" for name in names if self._before.get(name)}

    def _takes(self, name: str, answer: str) -> bool:
        value = answer.strip()
        wrong = self._problem(name, value) if value else None
        if wrong is not None:
            typer.secho(f"  {wrong}", fg="red")
            return False
        self.given[name] = value
        return True

    def _problem(self, name: str, value: str) -> str | None:
        given = {**self.given, name: value}
        values = {each.lower(): given[each] for each in given if given[each]}
        for each in problems(Settings, _env_file=None, **values):
            # What is about several channels is known once those are answered that must be there.
            if name in each.names and set(each.names) - given.keys() <= {"PRIVATE_TRIAGE_CHANNEL"}:
                return each.says
        return None


def choose(question: str, options: Mapping[str, str], *, default: str) -> str:
    """Have one of the options chosen, by its number or its name."""
    names = list(options)
    typer.echo(question)
    for number, name in enumerate(names, 1):
        typer.echo(f"  {number}  {options[name]}")
    while True:
        answer = str(typer.prompt("Number", default=str(names.index(default) + 1))).strip()
        if answer in names:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(names):
            return names[int(answer) - 1]
        typer.secho(f"  a number from 1 to {len(names)}, please", fg="red")
