"""Prompt texts: one file a version, never changed once published.

``prompts/<name>/v<N>.md`` starts with front matter: ``variables`` (what the text needs filled in),
``output`` (the model that the answer must fit) and ``why`` (what this version is for). The text
follows. ``prompts/prompts.lock`` holds the hash of every published file in the format of
``sha256sum``; ``python -m core.prompts`` adds the lines of new versions and changes none.
"""

import hashlib
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from yaml import YAMLError, safe_load

from core.categories import Category
from core.errors import ConfigurationError

LOCK = "prompts.lock"
PACKAGE = files("prompts")  # a folder of the repository, or of an installed wheel

_FILE = re.compile(r"v([1-9][0-9]*)\.md")
_FRONT_MATTER = re.compile(r"---\n(.*?\n)---\n(.*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{ *([a-z_]+) *\}\}")
_MARKER = re.compile(r"[A-Za-z0-9]{12,}")


class PromptError(ConfigurationError):
    """A prompt is unknown, malformed or not what was published; the message says how to mend it."""


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    variables: tuple[str, ...]
    output: str
    why: str


@dataclass(frozen=True)
class Prompt:
    """One published version of a prompt.

    ``version`` looks like ``v1``; ``sha256`` is that of the whole file in hex, front matter
    included; ``output`` names the Pydantic model of the answer.
    """

    name: str
    version: str
    text: str
    sha256: str
    variables: tuple[str, ...]
    output: str
    why: str

    def render(self, **variables: str) -> str:
        """The text with every ``{{ name }}`` filled in, in one pass: values are never expanded.

        Raises ``PromptError`` unless exactly the declared variables are given.
        """
        if variables.keys() != set(self.variables):
            raise PromptError(
                f"The prompt {self.name}/{self.version} takes {_listed(self.variables)}; "
                f"given: {_listed(variables)}."
            )
        return _PLACEHOLDER.sub(lambda found: variables[found[1]], self.text)


def published(root: Traversable = PACKAGE) -> tuple[Prompt, ...]:
    """Every version of every prompt, by name, then by number."""
    return tuple(_parse(*each) for each in _contents(root))


@cache
def load(name: str, version: str, root: Traversable = PACKAGE) -> Prompt:
    """The prompt ``name`` in ``version``; raises ``PromptError`` that says which exist.

    Read once: a published version never changes, and each triage asks for one.
    """
    by_path = dict(_contents(root))
    path = f"{name}/{version}.md"
    if path not in by_path:
        known = _listed(path.removesuffix(".md") for path in by_path)
        raise PromptError(f"There is no prompt {name}/{version}. There is: {known}.")
    return _parse(path, by_path[path])


def verify_lock(root: Traversable = PACKAGE) -> None:
    """Raises ``PromptError`` unless the lock names every published file, each with its hash."""
    found, locked = _hashes(root), _locked(root)
    if missing := found.keys() - locked.keys():
        raise PromptError(f"Not in {LOCK}: {_listed(missing)}. Run python -m core.prompts.")
    _refuse_changes(found, locked)


def publish(root: Path) -> tuple[str, ...]:
    """Adds the hashes of new files below ``root`` to its lock and returns the files' paths.

    A line that is there is never touched: ``PromptError`` if a published file changed.
    """
    found, locked = _hashes(root), _locked(root)
    _refuse_changes(found, locked)
    new = tuple(path for path in found if path not in locked)
    with (root / LOCK).open("a", encoding="utf-8", newline="\n") as lock:
        lock.writelines(f"{found[path]}  {path}\n" for path in new)
    return new


def render_categories(categories: Sequence[Category]) -> str:
    """What a prompt's ``categories`` stands for: key, label and description, a line each."""
    return "\n".join(f"- `{each.key}` ({each.label}): {each.description}" for each in categories)


def new_marker() -> str:
    """A marker that nobody who writes a request can guess."""
    return f"request{secrets.token_hex(8)}"


def user_message(text: str, marker: str) -> str:
    """The user-role message: ``text`` between two lines with the marker, which it cannot hold."""
    if not _MARKER.fullmatch(marker):
        raise ValueError("A marker is at least 12 letters and digits.")
    data = re.sub(marker, "[marker]", text, flags=re.IGNORECASE)
    return f"{marker}\n{data}\n{marker}"


def _contents(root: Traversable) -> Iterator[tuple[str, str]]:
    """Path (``triage/v1.md``) and content of every published file, by name, then by number."""
    for folder in sorted(root.iterdir(), key=lambda each: each.name):
        if not folder.is_dir():
            continue
        numbered = [
            (int(m[1]), file) for file in folder.iterdir() if (m := _FILE.fullmatch(file.name))
        ]
        for _, file in sorted(numbered, key=lambda each: each[0]):
            yield f"{folder.name}/{file.name}", file.read_text(encoding="utf-8")


def _parse(path: str, content: str) -> Prompt:
    name, _, file = path.partition("/")
    parts = _FRONT_MATTER.fullmatch(content)
    if parts is None:
        raise PromptError(f"{path} does not start with front matter between two lines of ---.")
    try:
        front = _FrontMatter.model_validate(safe_load(parts[1]))
    except (YAMLError, ValidationError) as error:
        raise PromptError(f"The front matter of {path} is wrong: {error}") from error
    text = parts[2].strip()
    if (used := set(_PLACEHOLDER.findall(text))) != set(front.variables):
        raise PromptError(
            f"{path} declares {_listed(front.variables)} but its text uses {_listed(used)}."
        )
    return Prompt(
        name=name,
        version=file.removesuffix(".md"),
        text=text,
        sha256=_sha256(content),
        variables=front.variables,
        output=front.output,
        why=front.why,
    )


def _sha256(content: str) -> str:
    """Of the text with line feeds, so that a checkout on Windows has the same hash."""
    return hashlib.sha256(content.encode()).hexdigest()


def _hashes(root: Traversable) -> dict[str, str]:
    return {path: _sha256(content) for path, content in _contents(root)}


def _locked(root: Traversable) -> dict[str, str]:
    lock = root / LOCK
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    return {path: sha256 for sha256, _, path in (line.partition("  ") for line in lines)}


def _refuse_changes(found: dict[str, str], locked: dict[str, str]) -> None:
    if changed := [path for path in locked if locked[path] != found.get(path)]:
        raise PromptError(
            f"Changed or removed after publication: {_listed(changed)}. "
            "Restore them and put the change into a new version."
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


if __name__ == "__main__":
    try:
        sys.stdout.writelines(f"added {path}\n" for path in publish(Path(str(PACKAGE))))
    except PromptError as refusal:
        sys.exit(str(refusal))
