"""The queue, step by step with a clock that is set by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from storage.repositories import claims, jobs, leases, paces
from storage.tables import Job, JobAttempt, JobState
from tests.fixtures.claiming import claim_one

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = 30 * SECOND
INTERVALS = {"post": SECOND}


def add(session: Session, key: str, **changes: Any) -> Job:
    job = Job(
        **{
            "workspace_id": 1,
            "kind": "card",
            "dedupe_key": key,
            "message_key": key,
            "priority": 30,
            "run_at": NOW,
            **changes,
        }
    )
    session.add(job)
    session.flush()
    return job


def claim(
    session: Session,
    now: datetime = NOW,
    *,
    kind: str = "card",
    intervals: Mapping[str, timedelta] = INTERVALS,
) -> Job | None:
    return claim_one(session, kinds=[kind], now=now, lease=LEASE, intervals=intervals)


def claimed(session: Session, now: datetime = NOW) -> str | None:
    job = claim(session, now)
    return None if job is None else job.dedupe_key


def claimed_at_once(session: Session, at_most: int, now: datetime = NOW) -> list[str]:
    claimed = claims.claim(
        session, kinds=["card"], now=now, lease=LEASE, intervals=INTERVALS, at_most=at_most
    )
    return [job.dedupe_key for job in claimed.jobs]


def close(
    session: Session, job: Job, state: JobState = JobState.DONE, *, token: str = "", **more: Any
) -> bool:
    return leases.close(
        session,
        job_id=job.id,
        token=token or job.lease_token or "",
        state=state,
        outcome="done",
        now=more.pop("now", NOW),
        **more,
    )


def attempts(session: Session, job: Job) -> list[tuple[int, str | None]]:
    rows = session.scalars(select(JobAttempt).where(JobAttempt.job_id == job.id))
    return sorted(((row.number, row.outcome) for row in rows.all()), key=lambda row: row[0])


def test_the_most_urgent_comes_first_then_the_oldest(session: Session) -> None:
    add(session, "late", run_at=NOW + SECOND, priority=0)
    add(session, "third", run_at=NOW - SECOND)
    add(session, "second", run_at=NOW - 2 * SECOND)
    add(session, "first", priority=0)
    assert [claimed(session) for _ in range(4)] == ["first", "second", "third", None]
    assert claimed(session, NOW + SECOND) == "late"


def test_only_kinds_that_were_asked_for(session: Session) -> None:
    add(session, "card")
    assert claim(session, kind="triage") is None
    assert claim_one(session, kinds=[], now=NOW, lease=LEASE, intervals=INTERVALS) is None


def test_a_claim_leases_and_counts(session: Session) -> None:
    add(session, "a")
    job = claim(session)
    assert job is not None
    assert (job.state, job.attempts, job.started_at) == (JobState.RUNNING, 1, NOW)
    assert job.lease_until == NOW + LEASE
    assert job.lease_token
    assert attempts(session, job) == [(1, None)]


def test_a_lane_waits_for_its_head(session: Session) -> None:
    add(session, "second", lane="card:1", lane_seq=2, priority=0)
    add(session, "first", lane="card:1", lane_seq=1, run_at=NOW + SECOND)
    add(session, "other", lane="card:2", lane_seq=1)
    assert [claimed(session) for _ in range(2)] == ["other", None]
    first = claim(session, NOW + SECOND)
    assert first is not None
    assert first.dedupe_key == "first"
    assert claim(session, NOW + SECOND) is None
    close(session, first, JobState.PENDING, run_at=NOW + 5 * SECOND)
    assert claim(session, NOW + 2 * SECOND) is None, "the second overtook the first's next try"
    first = claim(session, NOW + 5 * SECOND)
    assert first is not None
    close(session, first, JobState.FAILED, error="gone")
    assert claimed(session, NOW + 5 * SECOND) == "second"


def test_a_lane_whose_running_job_is_not_its_head_waits(session: Session) -> None:
    add(session, "running", lane="l", lane_seq=2, state=JobState.RUNNING, lease_token="t")
    add(session, "head", lane="l", lane_seq=1, priority=0)
    add(session, "other")
    assert [claimed(session) for _ in range(2)] == ["other", None]


def test_a_lane_in_which_much_waits_holds_up_no_other_job(session: Session) -> None:
    """Jobs that belong to no ticket have no order, so that each of them is a head."""
    for number in range(9):
        add(session, f"home {number}", lane="home:U1", priority=0)
    add(session, "other")
    assert [claimed(session) for _ in range(3)] == ["home 0", "other", None]


def test_a_pace_lets_one_out_each_interval(session: Session) -> None:
    for key in ("a", "b", "c"):
        add(session, key, pace="post:C1")
    add(session, "elsewhere", pace="post:C2", priority=40)
    assert [claimed(session) for _ in range(3)] == ["a", "elsewhere", None]
    assert claimed(session, NOW + 0.999 * SECOND) is None
    assert [claimed(session, NOW + SECOND) for _ in range(2)] == ["b", None]


def test_a_pace_that_is_held_lets_nothing_out(session: Session) -> None:
    add(session, "a", pace="post:C1")
    paces.hold(session, key="post:C1", until=NOW + 10 * SECOND)
    paces.hold(session, key="post:C1", until=NOW + 5 * SECOND)
    assert claimed(session, NOW + 9 * SECOND) is None
    assert claimed(session, NOW + 10 * SECOND) == "a"


def test_several_are_claimed_at_once_the_most_urgent_first(session: Session) -> None:
    for number in range(3):
        add(session, f"in no hurry {number}")
    add(session, "urgent", priority=0, pace="post:C1")
    add(session, "of the same pace", priority=0, pace="post:C1")
    add(session, "of another", priority=0, pace="post:C2")
    assert claimed_at_once(session, 4) == ["urgent", "of another", "in no hurry 0"]
    assert claimed_at_once(session, 4) == ["in no hurry 1", "in no hurry 2"]
    assert claimed_at_once(session, 4) == []
    assert claimed_at_once(session, 4, NOW + SECOND) == ["of the same pace"]


def test_each_that_is_claimed_at_once_has_a_lease_of_its_own(session: Session) -> None:
    mine, other = add(session, "a"), add(session, "b")
    claimed_at_once(session, 2)
    assert mine.lease_token != other.lease_token
    assert attempts(session, mine) == attempts(session, other) == [(1, None)]
    assert close(session, mine)
    assert not close(session, mine)
    assert leases.is_held(session, job_id=other.id, token=other.lease_token or "")


def test_one_lane_at_most_that_is_no_tickets_is_claimed_at_once(session: Session) -> None:
    """Two processes that took two of them each, the other way round, would wait for each other."""
    for user in ("U1", "U2"):
        add(session, f"home {user}", lane=f"home:{user}")
    add(session, "other")
    assert claimed_at_once(session, 3) == ["home U1", "other"]
    assert claimed_at_once(session, 3) == ["home U2"]


def test_a_job_passed_over_keeps_its_attempts_and_its_slot(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that gives way, as the unique index has it, leaves no trace; others are tried."""
    add(session, "running", lane="l", lane_seq=2, state=JobState.RUNNING, lease_token="t")
    head = add(session, "head", lane="l", lane_seq=1, pace="post:C1")
    add(session, "other", priority=40)
    add(session, "third", priority=50)
    # As if the other process had committed just after we looked.
    monkeypatch.setattr(claims, "_is_free", lambda _now: true())
    monkeypatch.setattr(claims, "_claimable_first", claims._claimable_first.__wrapped__)
    assert claimed_at_once(session, 3) == ["other"]
    session.refresh(head)
    assert (head.state, head.attempts) == (JobState.PENDING, 0)
    assert paces.take(session, key="post:C1", now=NOW, interval=SECOND)


def test_an_expired_lease_is_taken_over_and_the_first_holder_fenced(session: Session) -> None:
    job = add(session, "a", lane="card:1", lane_seq=1)
    first = claim(session)
    assert first is not None
    lost = first.lease_token or ""
    assert claim(session, NOW + LEASE) is None
    second = claim(session, NOW + LEASE + SECOND)
    assert second is not None
    assert (second.id, second.attempts, second.started_at) == (job.id, 2, NOW)
    assert second.lease_token != lost

    assert not close(session, job, token=lost)
    assert not close(session, job, JobState.FAILED, token=lost, error="x")
    assert not close(session, job, JobState.PENDING, token=lost, run_at=NOW)
    assert leases.extend(session, tokens=[lost], until=NOW) == set()
    session.refresh(job)
    assert (job.state, job.last_error) == (JobState.RUNNING, None)
    assert attempts(session, job) == [(1, None), (2, None)]

    assert close(session, second)
    assert attempts(session, job) == [(1, None), (2, "done")]
    assert not close(session, second, token=second.lease_token or "-"), "closed twice"


def test_a_heartbeat_extends_what_is_still_held(session: Session) -> None:
    add(session, "a")
    add(session, "b")
    a, b = claim(session), claim(session)
    assert a is not None
    assert b is not None
    token = a.lease_token or ""
    close(session, b)
    held = leases.extend(session, tokens=[token, "not ours"], until=NOW + LEASE + LEASE)
    assert held == {token}
    assert claim(session, NOW + LEASE + SECOND) is None


@pytest.mark.parametrize(("counted", "left"), [(True, 1), (False, 0)])
def test_a_try_that_was_none_is_not_counted(session: Session, counted: bool, left: int) -> None:
    add(session, "a")
    job = claim(session)
    assert job is not None
    close(
        session, job, JobState.PENDING, run_at=NOW + SECOND, counted=counted, error="breaker open"
    )
    session.refresh(job)
    assert (job.state, job.attempts, job.last_error) == (JobState.PENDING, left, "breaker open")
    assert (job.lease_until, job.lease_token, job.finished_at) == (None, None, None)
    again = claim(session, NOW + SECOND)
    assert again is not None
    assert again.attempts == left + 1


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param({"run_at": NOW + SECOND}, NOW + SECOND, id="a job that is due later"),
        pytest.param({}, None, id="a job that can be claimed now"),
        pytest.param(
            {"state": JobState.RUNNING, "lease_token": "t", "lease_until": NOW + LEASE},
            NOW + LEASE,
            id="a lease that expires",
        ),
        pytest.param({"pace": "post:held"}, NOW + 2 * SECOND, id="a pace that opens"),
        pytest.param({"pace": "post:held", "run_at": NOW + SECOND}, NOW + SECOND, id="earliest"),
        pytest.param({"kind": "triage", "run_at": NOW + SECOND}, None, id="another kind"),
        pytest.param({"state": JobState.DONE, "run_at": NOW + SECOND}, None, id="done"),
    ],
)
def test_the_next_moment(session: Session, when: dict[str, Any], expected: datetime | None) -> None:
    paces.hold(session, key="post:held", until=NOW + 2 * SECOND)
    paces.hold(session, key="post:nobody", until=NOW + 0.5 * SECOND)
    add(session, "a", **when)
    assert claims.next_moment(session, kinds=["card"], now=NOW) == expected


def test_making_due_only_brings_forward(session: Session) -> None:
    job = add(session, "a", lane="card:1", run_at=NOW + 5 * SECOND, priority=30)

    def hasten(at: datetime, priority: int) -> tuple[datetime, int]:
        assert jobs.make_due(session, lane="card:1", kind="card", at=at, priority=priority)
        session.refresh(job)
        return job.run_at, job.priority

    assert hasten(NOW + 9 * SECOND, 40) == (NOW + 5 * SECOND, 30)
    assert hasten(NOW, 40) == (NOW, 30)
    assert hasten(NOW + SECOND, 0) == (NOW, 0)
    assert claim(session) is not None
    assert not jobs.make_due(session, lane="card:1", kind="card", at=NOW, priority=0), "it runs"
    assert not jobs.make_due(session, lane="card:2", kind="card", at=NOW, priority=0)


def test_what_was_tried_is_put_off_whether_it_waits_or_runs(session: Session) -> None:
    add(session, "fresh")
    add(session, "tried", attempts=1)
    add(session, "later", attempts=1, run_at=NOW + 2 * LEASE)
    add(session, "model", attempts=1, kind="triage")
    held = {"state": JobState.RUNNING, "attempts": 1, "lease_token": "t"}
    add(session, "held", lease_until=NOW - SECOND, **held)
    until = NOW + 12 * SECOND
    jobs.put_off(session, until=until, but_not=["triage"])
    assert claim(session, kind="triage") is not None
    assert [claimed(session), claimed(session, until - SECOND)] == ["fresh", None]
    after = until + SECOND
    assert {claimed(session, after), claimed(session, after)} == {"tried", "held"}
    assert claimed(session, after) is None


def test_pruning_deletes_old_done_jobs_with_their_attempts(session: Session) -> None:
    month = timedelta(days=30)
    for key in ("old", "older", "young", "failed", "waiting"):
        add(session, key, run_at=NOW - 2 * month)
    ends = {
        "old": (JobState.DONE, NOW - month - SECOND),
        "older": (JobState.DONE, NOW - 2 * month),
        "young": (JobState.DONE, NOW - month),
        "failed": (JobState.FAILED, NOW - 2 * month),
    }
    for _ in range(5):
        job = claim(session, NOW - 2 * month)
        assert job is not None
        if job.dedupe_key in ends:
            state, end = ends[job.dedupe_key]
            close(session, job, state, now=end)
    assert jobs.prune(session, finished_before=NOW - month, limit=1) == 1
    assert jobs.prune(session, finished_before=NOW - month, limit=10) == 1
    assert jobs.prune(session, finished_before=NOW - month, limit=10) == 0
    left = set(session.scalars(select(Job.dedupe_key)))
    assert left == {"young", "failed", "waiting"}
    assert len(session.scalars(select(JobAttempt)).all()) == 3
