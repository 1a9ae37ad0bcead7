"""Many reach for the same jobs."""

import multiprocessing
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.tables import Job, JobAttempt, JobState, utcnow
from tests.fixtures.claiming import Done, drain

PACE = timedelta(milliseconds=20)
KINDS = ["card"]


def put_in(session: Session, number: int, **changes: object) -> None:
    session.add(
        Job(
            **{
                "workspace_id": 1,
                "kind": "card",
                "dedupe_key": f"card:{number}",
                "message_key": str(number),
                "priority": 30,
                "run_at": utcnow(),
                **changes,
            }
        )
    )


def fill(database: Database, jobs: int) -> None:
    """Four fifths in lanes of ten, a few that share a pace, the rest free."""
    lanes, paced = jobs * 4 // 50, jobs // 25
    with database.writing() as session:
        for number in range(lanes * 10):
            lane, sequence = number % lanes, number // lanes
            # The later in the lane the more urgent: order comes from the lane alone.
            put_in(session, number, lane=f"card:{lane}", lane_seq=sequence, priority=50 - sequence)
        for number in range(lanes * 10, jobs):
            put_in(session, number, pace="post:C0HELP" if number >= jobs - paced else None)


@dataclass(frozen=True)
class Crowd:
    """Those who reach for the jobs, and how many jobs there are for them."""

    executor: Executor
    size: int
    jobs: int


@pytest.fixture(params=["threads", "processes"])
def crowd(request: pytest.FixtureRequest) -> Iterator[Crowd]:
    if request.param == "threads":
        with ThreadPoolExecutor(4) as threads:
            yield Crowd(threads, size=4, jobs=150)
    else:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(2, mp_context=spawn) as processes:
            yield Crowd(processes, size=2, jobs=250)


def test_each_job_is_done_once_and_lanes_keep_their_order(database: Database, crowd: Crowd) -> None:
    fill(database, crowd.jobs)
    url = database.url.render_as_string(hide_password=False)
    tasks = [crowd.executor.submit(drain, url, KINDS, {"post": PACE}) for _ in range(crowd.size)]
    shares = [task.result(timeout=60) for task in tasks]

    done = sorted((one for share in shares for one in share), key=lambda one: one.started)
    assert len(done) == crowd.jobs
    assert len({one.job_id for one in done}) == crowd.jobs
    assert sum(1 for share in shares if share) > 1, "one did it all: nobody competed"
    by_lane: defaultdict[str, list[Done]] = defaultdict(list)
    for one in done:
        if one.lane is not None:
            by_lane[one.lane].append(one)
    for lane in by_lane.values():
        assert [one.lane_seq for one in lane] == list(range(10))
        assert all(first.ended <= second.started for first, second in pairwise(lane))
    with database.reading() as session:
        paced = session.scalars(
            select(JobAttempt.started_at)
            .join(Job, Job.id == JobAttempt.job_id)
            .where(Job.pace.is_not(None))
            .order_by(JobAttempt.started_at)
        ).all()
        assert len(paced) == crowd.jobs // 25
        assert all(second - first >= PACE for first, second in pairwise(paced))
        assert set(session.scalars(select(Job.state))) == {JobState.DONE}
        assert set(session.scalars(select(Job.attempts))) == {1}
