"""When a job is tried again, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import Permanent, Postponed, Transient
from core.retry import GiveUp, Policy, Retry, asked_for, decide

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THRICE = Policy(max_attempts=3)
A_DAY = Policy(max_age=timedelta(days=1))
GIVE_UP = GiveUp()


def after(seconds: float, *, counted: bool = True) -> Retry:
    return Retry(NOW + timedelta(seconds=seconds), counted=counted)


@pytest.mark.parametrize(
    ("policy", "error", "attempts", "hours", "jitter", "expected"),
    [
        pytest.param(THRICE, Transient("x"), 1, 0, 0, after(2), id="first delay"),
        pytest.param(THRICE, Transient("x"), 2, 0, 0, after(4), id="it doubles"),
        pytest.param(THRICE, Transient("x"), 2, 0, 1, after(6), id="jitter adds up to a half"),
        pytest.param(THRICE, Transient("x"), 3, 0, 0, GIVE_UP, id="third and last"),
        pytest.param(THRICE, Transient("x"), 4, 0, 0, GIVE_UP, id="beyond the last"),
        pytest.param(THRICE, Transient("x"), 1, 99, 0, after(2), id="attempts have no age"),
        pytest.param(A_DAY, Transient("x"), 9, 0, 0, after(512), id="still doubling"),
        pytest.param(A_DAY, Transient("x"), 10, 0, 0, after(600), id="ten minutes at most"),
        pytest.param(A_DAY, Transient("x"), 10, 0, 1, after(900), id="jitter on top of it"),
        pytest.param(A_DAY, Transient("x"), 10**6, 1, 0, after(600), id="no overflow"),
        pytest.param(A_DAY, Transient("x"), 99, 23.9, 0, after(600), id="not yet a day"),
        pytest.param(A_DAY, Transient("x"), 1, 24, 0, GIVE_UP, id="a day"),
        pytest.param(
            A_DAY, Transient("x", retry_after=30), 1, 0, 0, after(30), id="Retry-After obeyed"
        ),
        pytest.param(
            A_DAY, Transient("x", retry_after=1), 5, 0, 0, after(32), id="the longer one counts"
        ),
        pytest.param(
            A_DAY, Transient("x", retry_after=9e9), 1, 0, 0, after(3600), id="an hour at most"
        ),
        pytest.param(
            A_DAY, Transient("x", retry_after=float("inf")), 1, 0, 0, after(3600), id="endless"
        ),
        pytest.param(
            A_DAY, Transient("x", retry_after=-5), 1, 0, 0, after(2), id="never in the past"
        ),
        pytest.param(THRICE, Permanent("x"), 1, 0, 0, GIVE_UP, id="permanent"),
        pytest.param(A_DAY, Permanent("x"), 1, 0, 0, GIVE_UP, id="permanent despite age"),
        pytest.param(
            THRICE,
            Postponed("x", retry_after=10),
            99,
            99,
            1,
            after(10, counted=False),
            id="postponed never counts",
        ),
        pytest.param(A_DAY, ValueError("x"), 4, 0, 0, after(16), id="a bug is tried again"),
        pytest.param(A_DAY, ValueError("x"), 5, 0, 0, GIVE_UP, id="a bug five times"),
        pytest.param(THRICE, ValueError("x"), 3, 0, 0, GIVE_UP, id="a bug no more than others"),
        pytest.param(A_DAY, ValueError("x"), 2, 25, 0, GIVE_UP, id="a bug no longer than others"),
    ],
)
def test_decide(
    policy: Policy,
    error: Exception,
    attempts: int,
    hours: float,
    jitter: float,
    expected: Retry | GiveUp,
) -> None:
    decision = decide(
        policy,
        error,
        attempts=attempts,
        since=NOW - timedelta(hours=hours),
        now=NOW,
        jitter=jitter,
    )
    assert decision == expected


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        pytest.param(Transient("x", retry_after=30), 30, id="what is paced was refused"),
        pytest.param(Transient("x", retry_after=30, is_of_pace=False), None, id="a look was"),
        pytest.param(Postponed("x", retry_after=30), 30, id="nothing was tried"),
        pytest.param(Transient("x"), None, id="Slack said nothing of waiting"),
        pytest.param(Permanent("x"), None, id="it is no use"),
    ],
)
def test_what_else_of_the_pace_waits(error: Exception, seconds: float | None) -> None:
    until = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert asked_for(error, now=NOW) == until
