"""Who acts: a person in Slack, or whoever holds a token of the API."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a token lets its holder do, each by itself: read, change, administer, see private.

    Who changes something is answered with it, so to write includes reading what was written to.
    """

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    PRIVATE = "private"


@dataclass(frozen=True)
class Caller:
    """Whoever holds that token, acting as its contact.

    A token only takes away from what its contact may do: what it has no scope for is not done,
    whoever they are.
    """

    contact_id: int
    token_id: int
    scopes: frozenset[Scope]

    @property
    def sees_private(self) -> bool:
        """Whether private tickets exist for whoever holds the token."""
        return Scope.PRIVATE in self.scopes


By = str | Caller
"""Who does something: the id of a Slack user, or who calls the API."""
