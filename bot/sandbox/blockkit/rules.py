"""Small rules that say what is wrong with a piece of JSON, in Slack's words and with its place."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Rule = Callable[[Any, str], Iterator[str]]
"""Takes a value and its JSON pointer, yields what is wrong with it."""

Fields = Mapping[str, Rule]


def problem(text: str, at: str) -> str:
    """One message, as in `response_metadata.messages`."""
    return f"[ERROR] {text} [json-pointer:{at}]"


def string(most: int | None = None, *, least: int = 0) -> Rule:
    """Text of so many characters."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must provide a string", at)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at)
        elif most is not None and len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at)

    return rule


def choice(*values: str) -> Rule:
    def rule(value: Any, at: str) -> Iterator[str]:
        if value not in values:
            yield problem(f"must be one of: {', '.join(values)}", at)

    return rule


def integer(least: int | None = None, most: int | None = None) -> Rule:
    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield problem("must provide an integer", at)
        elif least is not None and value < least:
            yield problem(f"must be at least {least}", at)
        elif most is not None and value > most:
            yield problem(f"must be at most {most}", at)

    return rule


def number(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        yield problem("must provide a number", at)


def boolean(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield problem("must provide a boolean", at)


def mapping(value: Any, at: str) -> Iterator[str]:
    """Any object; what is in it is not looked at."""
    if not isinstance(value, dict):
        yield problem("must provide an object", at)


def optional_mapping(value: Any, at: str) -> Iterator[str]:
    """An object or null."""
    if value is not None:
        yield from mapping(value, at)


def array(item: Rule, *, least: int = 0, most: int | None = None) -> Rule:
    """So many items, each of which keeps the rule."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must provide an array", at)
            return
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", at)
        if most is not None and len(value) > most:
            yield problem(f"no more than {most} items allowed", at)
        for index, entry in enumerate(value):
            yield from item(entry, f"{at}/{index}")

    return rule


def record(required: Fields, optional: Fields, *checks: Rule) -> Rule:
    """An object with these fields and no others; `checks` look at it as a whole."""
    known = {**required, **optional}

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
            return
        for name in required:
            if value.get(name) is None:
                yield problem(f"missing required field: {name}", at)
        for name, entry in value.items():
            if name not in known:
                yield problem(f"invalid additional property: {name}", at)
            elif entry is not None:
                yield from known[name](entry, f"{at}/{name}")
        for check in checks:
            yield from check(value, at)

    return rule


def exactly_one(*names: str) -> Rule:
    """A check for `record`: one of these fields, not none and not two."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if sum(value.get(name) is not None for name in names) != 1:
            yield problem(f"must have exactly one of: {', '.join(names)}", at)

    return rule


def at_least_one(*names: str) -> Rule:
    def rule(value: Any, at: str) -> Iterator[str]:
        if all(value.get(name) is None for name in names):
            yield problem(f"missing required field: {' or '.join(names)}", at)

    return rule


def by_type(rules: Mapping[str, Rule], *allowed: str) -> Rule:
    """An object whose `type` chooses its rule, out of those allowed (none named: all)."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield problem("missing required field: type", at)
        elif kind not in rules or (allowed and kind not in allowed):
            yield problem(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from rules[kind](value, at)

    return rule
