"""Everything that can go wrong, as one tree.

A ``Refusal`` is expected: the person concerned reads its text. A ``JobError`` tells the worker
whether trying again can help. ``ConfigurationError`` stops the start. Anything else is a bug.
"""

from collections.abc import Callable
from datetime import datetime

from humanize import naturaltime
from sqlalchemy.orm import Session


class TicketloopError(Exception):
    """The root of the tree."""


class ConfigurationError(TicketloopError):
    """The desk cannot start: which setting, why, and how to mend it, in one line."""


class Refusal(TicketloopError):
    """What a person asked for cannot be done; the text says why and what to do now.

    ``field`` names the field of a form that it is about, where it is about one. ``afterwards`` is
    what is written for it all the same, once the service's own transaction is undone.
    """

    field: str | None = None
    afterwards: Callable[[Session], None] | None = None


class Denied(Refusal):
    """The person has no right to do this, which is audited.

    ``number`` is that of the ticket they reached for, where they named one.
    """

    number: int | None = None


class NotAnAgent(Denied):
    """Someone used what is for agents."""

    def __init__(self, number: int | None = None) -> None:
        super().__init__(
            "Only agents can do this. If you answer tickets, ask one of them to add you to the "
            "channel, or the user group, whose members are the agents."
        )
        self.number = number


class UnknownTicket(Refusal):
    """There is no such ticket, or the person must not know that there is one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no ticket #{number} among yours.")


class NotTheirs(UnknownTicket, Denied):
    """There is such a ticket, but not for this person, who is told what ``UnknownTicket`` tells."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class AlreadyAnswered(Refusal):
    """Another approval of the same draft was first."""

    def __init__(self, *, number: int, by: str, when: datetime) -> None:
        self.by, self.when = by, when
        super().__init__(
            f"Not sent a second time: {by} approved this draft of ticket #{number} "
            f"{naturaltime(when).replace('now', 'just now')}. The card shows what was sent."
        )


class DraftReplaced(Refusal):
    """The draft that was approved is not the one that stands."""

    def __init__(self, *, number: int, why: str) -> None:
        super().__init__(
            f"Nothing was sent: {why}. Look at the card of ticket #{number} and decide again."
        )


class NotYet(TicketloopError):
    """What it belongs to is about to be known: Slack is to bring it again."""


class NothingToDo(Refusal):
    """The ticket is already as the person wants it, or cannot become so."""


class JobError(TicketloopError):
    """A job could not be done this time."""


class Transient(JobError):
    """Trying again may help, after ``retry_after`` seconds where that is known.

    ``is_of_pace``: that holds for whatever goes in the job's pace, too.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None = None, is_of_pace: bool = True
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.is_of_pace = is_of_pace


class Permanent(JobError):
    """Trying again cannot help; the text is for agents."""


class Postponed(JobError):
    """It was not tried at all, and does not count as an attempt."""

    def __init__(self, reason: str, *, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class LeaseLost(JobError):
    """Another worker took the job over; what this one did in its transaction is undone."""
