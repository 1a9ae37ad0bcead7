"""What is asked by those who watch: right, and cheap."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from storage.database import Database
from storage.repositories import paces, watching
from storage.tables import Job, JobState, utcnow

AGO = timedelta(minutes=10)


def put(session: Session, key: str, **changes: Any) -> Job:
    values: dict[str, Any] = {"run_at": utcnow() - timedelta(minutes=1), "priority": 10, **changes}
    job = Job(workspace_id=1, kind="card", dedupe_key=key, message_key=key, **values)
    session.add(job)
    session.flush()
    return job


def test_the_age_is_that_of_what_could_be_begun(session: Session) -> None:
    now = utcnow()
    assert watching.oldest_due(session, now=now) is None
    put(session, "later", run_at=now + AGO)
    put(session, "held", run_at=now - AGO, pace="post:C1")
    paces.hold(session, key="post:C1", until=now + AGO)
    put(session, "head", run_at=now + AGO, lane="webhook:1:1", lane_seq=1)
    put(session, "behind", run_at=now - AGO, lane="webhook:1:1", lane_seq=2)
    put(session, "done", run_at=now - AGO, state=JobState.DONE, finished_at=now)
    assert watching.oldest_due(session, now=now) is None
    due = put(session, "due", run_at=now - timedelta(seconds=7))
    put(session, "newer", run_at=now - timedelta(seconds=3))
    assert watching.oldest_due(session, now=now) == due.run_at


def test_open_jobs_are_counted_by_kind_and_state(session: Session) -> None:
    put(session, "a")
    put(session, "b")
    put(session, "c", state=JobState.RUNNING, lease_token="t", lease_until=utcnow())
    put(session, "d", state=JobState.FAILED)
    assert sorted(watching.open_jobs(session)) == [("card", "pending", 2), ("card", "running", 1)]


def test_processes_add_to_the_same_numbers(database: Database) -> None:
    numbers = [("b_total", "{}", 1.0), ("a_total", '{"kind": "x"}', 0.5), ("c_total", "{}", 0.0)]

    def add(turn: int) -> None:
        with database.writing() as session:
            watching.add_counts(session, numbers if turn % 2 else reversed(numbers))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(40)))
    with database.reading() as session:
        found = [(each.name, each.labels, each.value) for each in watching.counts(session)]
    assert found == [("a_total", '{"kind": "x"}', 20), ("b_total", "{}", 40), ("c_total", "{}", 0)]


def test_nothing_reads_what_is_done(database: Database) -> None:
    """Each question has an index in which what is open stands together."""
    now = utcnow()
    with database.reading() as session:
        if not database.is_sqlite:  # which would read tables that are empty as they are
            session.execute(text("SET LOCAL enable_seqscan = off"))
        for ask in (
            lambda: watching.oldest_due(session, now=now),
            lambda: watching.open_jobs(session),
            lambda: watching.unresolved_tickets(session, workspace_id=1),
        ):
            plan = plan_of(session, database, ask)
            assert "ix_jobs" in plan or "ix_tickets_status" in plan, plan
            assert "SCAN jobs\n" not in plan
            assert "SCAN tickets\n" not in plan
            assert "Seq Scan on jobs" not in plan
            assert "Seq Scan on tickets" not in plan


def plan_of(session: Session, database: Database, ask: Any) -> str:
    """How the database would answer the statement that this sends."""
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, parameters: Any, *_more: object) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    [(statement, parameters)] = sent
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    rows = session.connection().exec_driver_sql(explain + statement, parameters)
    return "".join(f"{row[-1]}\n" for row in rows)
