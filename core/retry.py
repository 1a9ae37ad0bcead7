"""When a job that went wrong is tried again: a pure decision."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Permanent, Postponed, Transient

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=10)
LONGEST_OBEYED = timedelta(hours=1)
BUG_ATTEMPTS = 5


@dataclass(frozen=True)
class Policy:
    """How long a kind of job is worth trying: a number of attempts, or an age."""

    max_attempts: int | None = None
    max_age: timedelta | None = None


@dataclass(frozen=True)
class Retry:
    """Try again at this moment; ``counted`` is false where nothing was tried."""

    at: datetime
    counted: bool = True


@dataclass(frozen=True)
class GiveUp:
    """Trying again is not worth it."""


def has_no_attempt_left(policy: Policy, *, attempts: int) -> bool:
    """Whether a job that was tried ``attempts`` times must not be tried once more.

    Age does not count here: what waited over a weekend for a new token is worth one try.
    """
    return policy.max_attempts is not None and attempts >= policy.max_attempts


def decide(
    policy: Policy,
    error: Exception,
    *,
    attempts: int,
    since: datetime,
    now: datetime,
    jitter: float,
) -> Retry | GiveUp:
    """Decide what follows the ``attempts``-th attempt of a job that was first tried at ``since``.

    The delay doubles from 2 seconds to 10 minutes and is lengthened by up to a half (``jitter`` is
    drawn from 0 to 1), so that what failed together does not come back together. A delay that the
    other side asked for is obeyed, up to an hour. An error that is no ``JobError`` is a bug and
    gets five attempts.
    """
    if isinstance(error, Permanent):
        return GiveUp()
    if isinstance(error, Postponed):
        return Retry(now + _bounded(error.retry_after), counted=False)
    if has_no_attempt_left(policy, attempts=attempts):
        return GiveUp()
    if policy.max_age is not None and now - since >= policy.max_age:
        return GiveUp()
    if not isinstance(error, Transient) and attempts >= BUG_ATTEMPTS:
        return GiveUp()
    delay = min(FIRST_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY) * (1 + jitter / 2)
    if isinstance(error, Transient) and error.retry_after is not None:
        delay = max(delay, _bounded(error.retry_after))
    return Retry(now + delay)


def asked_for(error: Exception, *, now: datetime) -> datetime | None:
    """Until when the job's pace must wait for the other side, or None if it said nothing of that.

    That may be long before the job itself is tried again, which others must not wait for.
    """
    if not isinstance(error, Transient | Postponed) or error.retry_after is None:
        return None
    if isinstance(error, Transient) and not error.is_of_pace:
        return None
    return now + _bounded(error.retry_after)


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0), LONGEST_OBEYED.total_seconds()))
