"""What one check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended. Only FAIL keeps the desk from working as it is set up."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """``name`` is the check's, stable for machines; ``says`` and ``do`` are for people."""

    name: str
    state: State
    says: str
    do: str = ""


def ok(name: str, says: str) -> Finding:
    """All is well."""
    return Finding(name, State.OK, says)


def warn(name: str, says: str, do: str) -> Finding:
    """The desk works, but not as well as it could."""
    return Finding(name, State.WARN, says, do)


def fail(name: str, says: str, do: str) -> Finding:
    """The desk does not work like this."""
    return Finding(name, State.FAIL, says, do)


def skipped(name: str, because: str) -> Finding:
    """It could not be looked at."""
    return Finding(name, State.SKIPPED, f"not checked, because {because}")
