"""What can be said after ``/ticket``. Pure: a text in, what is wanted out."""

import difflib
import unicodedata
from dataclasses import dataclass

from core.overview import Which

# Longer than any number: what is longer is none.
LONGEST_NUMBER = 40

NEW, LIST, SHOW, TRIAGE, BATCH = "new", "list", "show", "triage", "batch"
RESOLVE, REOPEN, HELP = "resolve", "reopen", "help"

# Each verb with how it is used, and what it does.
USAGE = {
    LIST: ("list [mine|open|waiting|resolved|all]", "Lists tickets; yours unless you say which"),
    SHOW: ("show 42", "Shows ticket 42"),
    TRIAGE: ("triage 42 [force]", "For agents: has ticket 42 triaged, with force once more"),
    BATCH: ("batch", "For agents: has all tickets triaged that were not, or whose triage failed"),
    RESOLVE: ("resolve 42", "Closes ticket 42"),
    REOPEN: ("reopen 42", "Takes ticket 42 up again"),
    HELP: ("help", "Shows this"),
    NEW: ("new show me how", "Opens a ticket, even if the text begins with one of these words"),
}
VERBS = frozenset(USAGE)
FOR_AGENTS = frozenset({TRIAGE, BATCH})


@dataclass(frozen=True)
class Form:
    """The form for a new ticket."""


@dataclass(frozen=True)
class New:
    """A ticket of that text."""

    text: str


@dataclass(frozen=True)
class Help:
    """What can be said."""


@dataclass(frozen=True)
class Batch:
    """A triage of all tickets that need one."""


@dataclass(frozen=True)
class List:
    """A list of tickets."""

    which: Which


@dataclass(frozen=True)
class About:
    """Something with one ticket: show, triage, resolve or reopen it."""

    verb: str
    number: int
    force: bool = False


@dataclass(frozen=True)
class Misused:
    """It begins with a verb, but does not go on as the verb wants it; or is a verb mistyped."""

    verb: str


Wanted = Form | New | Help | Batch | List | About | Misused


def verb_of(text: str) -> str | None:
    """Return the verb that the text begins with, or None."""
    first = text.split(maxsplit=1)[0].casefold() if text.strip() else ""
    return first if first in VERBS else None


def parse(text: str) -> Wanted:
    """Return what is wanted. A text that begins with no verb is a ticket."""
    text = text.strip()
    verb = verb_of(text)
    if not text:
        return Form()
    if verb is None:
        meant = _mistyped(text)
        return Misused(meant) if meant else New(text)
    words = [word.casefold() for word in text.split()[1:]]
    match verb, words:
        case "new", _:
            return _new(text)
        case "help", []:
            return Help()
        case "batch", []:
            return Batch()
        case "list", []:
            return List(Which.MINE)
        case "list", [which] if which in set(Which):
            return List(Which(which))
        case "show" | "resolve" | "reopen" | "triage", [word]:
            number = _number(word)
            return About(verb, number) if number is not None else Misused(verb)
        case "triage", [word, "force"]:
            number = _number(word)
            return About(verb, number, force=True) if number is not None else Misused(verb)
        case _:
            return Misused(verb)


def _mistyped(text: str) -> str | None:
    """Return the verb that somebody meant who wrote one word, or a word and a number."""
    first, *rest = text.casefold().split()
    if len(rest) > 1 or (rest and _number(rest[0]) is None):
        return None
    return next(iter(difflib.get_close_matches(first, sorted(VERBS), n=1, cutoff=0.75)), None)


def _new(text: str) -> Wanted:
    """``new`` is a way out for texts that begin with a verb; in any other it belongs to the text.

    So "new laptop, please" stays what it is.
    """
    rest = text.split(maxsplit=1)[1:]
    if not rest:
        return Form()
    return New(rest[0]) if verb_of(rest[0]) or _mistyped(rest[0]) else New(text)


def _number(word: str) -> int | None:
    """Read ``42``, ``#42`` or ``042``, in the digits of any script."""
    digits = unicodedata.normalize("NFKC", word).removeprefix("#")
    return int(digits) if digits.isdecimal() and len(digits) <= LONGEST_NUMBER else None
