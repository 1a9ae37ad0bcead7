"""Many tickets triaged together: which, how many at once, and how they are counted."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core import batches, rights, tickets, triage_queue
from core.audit import Surface
from core.batches import UnknownBatch
from core.caller import Caller
from core.errors import NotAnAgent, Transient
from core.installation import Installation
from core.jobs import Kind
from core.model_reply import Outcome
from core.retry import Policy
from core.worker import JobKind, Slot
from storage.repositories import contacts
from storage.tables import (
    Batch,
    BatchItem,
    BatchState,
    Job,
    JobAttempt,
    JobState,
    Status,
    Ticket,
    TriageStatus,
    utcnow,
)
from tests.fakes.triager import answered, went_wrong
from tests.fixtures.people import ANA, BEN, RITA
from tests.fixtures.triaging import Bench
from tests.fixtures.working import working


async def begin(bench: Bench, **changes: Any) -> Batch | None:
    """Begin a batch as an operator does."""
    values = {"workspace_id": 1, "concurrency": 2, "surface": Surface.TERMINAL, **changes}
    return await bench.desk.run(batches.begin, **values)


async def begun(bench: Bench, **changes: Any) -> int:
    batch = await begin(bench, **changes)
    assert batch is not None
    return batch.id


async def progress(bench: Bench, number: int) -> tuple[int, int, int, int, BatchState]:
    """Return done, failed, in work, waiting, and the state."""
    found = await bench.desk.read(batches.found, workspace_id=1, number=number)
    batch = found.batch
    assert batch.total == batch.done + batch.failed + found.in_work + found.waiting
    assert (batch.state is BatchState.DONE) == (batch.finished_at is not None)
    return batch.done, batch.failed, found.in_work, found.waiting, batch.state


async def ask_for(bench: Bench, count: int, *, first: int = 1) -> list[int]:
    return [await bench.ask(ts=f"{ts}.0") for ts in range(first, first + count)]


async def failed(bench: Bench, count: int) -> list[int]:
    """Open tickets whose triage has failed."""
    numbers = await ask_for(bench, count)
    bench.triager.replies = [went_wrong(Outcome.REJECTED)]
    for _ in numbers:
        await bench.give_up()
    bench.triager.replies, bench.triager.asked = [answered()], []
    return numbers


async def run_all(bench: Bench) -> None:
    """Do what is due, one after the other."""
    while await bench.is_due():
        await bench.run()


async def test_every_ticket_gets_a_new_job_when_it_is_its_turn(bench: Bench) -> None:
    numbers = await failed(bench, 3)
    number = await begun(bench)
    assert await progress(bench, number) == (0, 0, 2, 1, BatchState.RUNNING)
    await run_all(bench)
    assert await progress(bench, number) == (3, 0, 0, 0, BatchState.DONE)
    assert len(bench.triager.asked) == 3, "the model was asked for a ticket twice"
    assert [(await bench.ticket(each)).triage_status for each in numbers] == [
        TriageStatus.COMPLETED
    ] * 3

    def of_batch(session: Session) -> list[tuple[int | None, JobState, int]]:
        query = select(Job.ticket_id, Job.state, func.count(JobAttempt.id))
        query = query.join(JobAttempt, JobAttempt.job_id == Job.id, isouter=True)
        query = query.where(Job.batch_id == number).group_by(Job.id).order_by(Job.ticket_id)
        return [tuple(row) for row in session.execute(query)]

    assert await bench.desk.read(of_batch) == [(each, JobState.DONE, 1) for each in numbers]


async def test_nothing_to_do(bench: Bench) -> None:
    await bench.ask()
    await bench.run()
    assert await begin(bench) is None
    assert await bench.desk.read(lambda session: session.scalars(select(Batch)).all()) == []


async def test_an_unknown_batch_is_refused(bench: Bench) -> None:
    for number in (1, 2**70):
        with pytest.raises(UnknownBatch, match="no batch"):
            await bench.desk.read(batches.found, workspace_id=1, number=number)


async def test_it_takes_what_failed_and_what_waits_but_nothing_else(bench: Bench) -> None:
    failed, aside, resolved, done, under_way, waiting = await ask_for(bench, 6)
    bench.triager.replies = [went_wrong(Outcome.REJECTED)]
    await bench.give_up()
    await bench.do(tickets.set_aside, aside)
    await bench.do(tickets.resolve, resolved)
    bench.triager.replies = [answered()]
    for _ in (aside, resolved, done):
        await bench.run()
    claimed = await bench.claim()
    assert claimed is not None
    assert claimed.ticket_id == under_way
    number = await begun(bench)
    assert await taken(bench, number) == [failed, waiting]


async def taken(bench: Bench, number: int) -> list[int | None]:
    def query(session: Session) -> list[int | None]:
        jobs = select(Job.ticket_id).where(Job.batch_id == number)
        items = select(BatchItem.ticket_id).where(BatchItem.batch_id == number)
        return list(session.scalars(jobs.union(items).order_by("ticket_id")))

    return await bench.desk.read(query)


async def test_the_oldest_go_first_and_the_limit_holds(bench: Bench) -> None:
    numbers = await ask_for(bench, 4)
    number = await begun(bench, limit=3, concurrency=1)
    assert await taken(bench, number) == numbers[:3]
    (first,) = await bench.desk.read(
        lambda session: session.scalars(select(Job.ticket_id).where(Job.batch_id == number)).all()
    )
    assert first == numbers[0]


async def test_a_second_batch_takes_nothing_of_the_first(bench: Bench) -> None:
    await ask_for(bench, 3)
    await begun(bench, concurrency=1)
    assert await begin(bench) is None


async def test_failures_are_counted_when_they_are_given_up(bench: Bench) -> None:
    await ask_for(bench, 2)
    number = await begun(bench)
    bench.triager.replies = [went_wrong(Outcome.TIMEOUT), went_wrong(Outcome.TIMEOUT), answered()]
    assert isinstance(await bench.run(), Transient)
    assert await progress(bench, number) == (0, 0, 2, 0, BatchState.RUNNING)
    await bench.give_up()
    await bench.run()
    assert await progress(bench, number) == (1, 1, 0, 0, BatchState.DONE)


async def test_a_triage_that_overtakes_takes_the_place_in_the_batch(bench: Bench) -> None:
    """The one that waited is closed, not done for nothing."""
    (ticket,) = await ask_for(bench, 1)
    number = await begun(bench)
    await again(bench, ticket)
    assert await progress(bench, number) == (0, 0, 1, 0, BatchState.RUNNING)
    await bench.run()
    assert await progress(bench, number) == (1, 0, 0, 0, BatchState.DONE)
    assert not await bench.is_due()
    assert len(bench.triager.asked) == 1


async def test_a_triage_overtaken_while_the_model_thinks_counts_once(bench: Bench) -> None:
    (ticket,) = await ask_for(bench, 1)
    number = await begun(bench)

    def overtake() -> None:
        bench.triager.before_answer = lambda: None
        with bench.desk.database.writing() as session:
            row = rights.locked(session, installation=bench.installation, number=ticket)
            triage_queue.triage_due(session, row)

    bench.triager.before_answer = overtake
    await bench.run()
    assert await progress(bench, number) == (1, 0, 0, 0, BatchState.DONE)
    await bench.run()
    assert await progress(bench, number) == (1, 0, 0, 0, BatchState.DONE)
    assert len(await bench.results()) == 1


async def again(bench: Bench, number: int) -> None:
    def service(session: Session) -> None:
        triage_queue.triage_again(
            session, rights.locked(session, installation=bench.installation, number=number)
        )

    await bench.desk.run(service)


async def test_what_needs_no_triage_any_more_is_passed_over(bench: Bench) -> None:
    numbers = await failed(bench, 8)
    number = await begun(bench, concurrency=1)
    for each in numbers[1:7]:
        await bench.do(tickets.resolve, each)
    await bench.run()
    assert await progress(bench, number) == (7, 0, 1, 0, BatchState.RUNNING)
    await bench.run()
    assert await progress(bench, number) == (8, 0, 0, 0, BatchState.DONE)
    assert len(bench.triager.asked) == 2


async def test_what_its_own_triage_brought_first_counts_too(bench: Bench) -> None:
    await ask_for(bench, 3)
    number = await begun(bench, concurrency=1)
    await run_all(bench)
    assert await progress(bench, number) == (3, 0, 0, 0, BatchState.DONE)
    assert len(bench.triager.asked) == 3, "the model was asked for a ticket twice"


async def test_only_agents_may_and_only_what_they_see(
    bench: Bench, installation: Installation
) -> None:
    with_channel = replace(installation, private_triage_channel="C0DISCREET")
    await ask_for(bench, 1)
    await bench.ask(ts="9.0", private=True)
    values: dict[str, Any] = {"concurrency": 2, "surface": Surface.COMMAND}
    with pytest.raises(NotAnAgent):
        await bench.desk.run(batches.ask, installation=with_channel, by=RITA, **values)
    batch = await bench.desk.run(batches.ask, installation=with_channel, by=ANA, **values)
    assert batch is not None
    assert batch.total == 1
    ben = await bench.desk.run(contacts.of_slack_user, workspace_id=1, user_id=BEN)
    caller = Caller(ben.id, 1, frozenset())
    assert await bench.desk.run(batches.ask, installation=installation, by=caller, **values) is None
    batch = await bench.desk.run(batches.ask, installation=installation, by=BEN, **values)
    assert batch is not None
    assert batch.total == 1


async def test_who_asks_from_afar_gets_so_many_and_asks_again_for_the_rest(
    bench: Bench, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack does not wait until a hundred thousand are put in."""
    monkeypatch.setattr(batches, "MOST", 2)
    numbers = await ask_for(bench, 6)
    for limit, expected in ((None, numbers[:2]), (1, numbers[2:3]), (9, numbers[3:5])):
        batch = await bench.desk.run(
            batches.ask,
            installation=installation,
            by=ANA,
            concurrency=2,
            limit=limit,
            surface=Surface.COMMAND,
        )
        assert batch is not None
        assert await taken(bench, batch.id) == expected


async def finished(bench: Bench, number: int) -> None:
    deadline = time.monotonic() + 30
    while (await progress(bench, number))[-1] is not BatchState.DONE:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_counts_are_exact_whoever_works(bench: Bench) -> None:
    """Two workers at once, failures, and never more at a time than the batch may."""
    await failed(bench, 30)
    at_once: list[int] = []
    busy = 0
    all_busy = asyncio.Event()

    async def handle(job: Job) -> Any:
        nonlocal busy
        busy += 1
        at_once.append(busy)
        if busy == 3:
            all_busy.set()
        await all_busy.wait()
        await asyncio.sleep(0.05)  # as long as several claims take, of which one may be too many
        busy -= 1
        if (job.ticket_id or 0) % 3 == 0:
            raise Transient("not today")
        return batches.counting(job, None)

    kinds = {
        Kind.TRIAGE: JobKind(
            handle, Policy(max_attempts=1), slot=Slot.MODEL, give_up=bench.triage.give_up
        )
    }
    number = await begun(bench, concurrency=3)
    slots = {Slot.MODEL: 8, Slot.SLACK: 1}
    async with working(bench.desk, kinds, slots=slots), working(bench.desk, kinds, slots=slots):
        await finished(bench, number)
    assert await progress(bench, number) == (20, 10, 0, 0, BatchState.DONE)
    assert max(at_once) == 3


async def test_a_batch_goes_on_though_others_hold_its_next_ticket(bench: Bench) -> None:
    """The last one in work must bring on the next, even if it has to wait for it."""
    if bench.desk.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    _, second = await failed(bench, 2)
    number = await begun(bench, concurrency=1)
    with bench.desk.database.writing() as session:
        rights.locked(session, installation=bench.installation, number=second)
        ending = asyncio.create_task(bench.run())
        await asyncio.sleep(0.2)
        assert not ending.done()
    await ending
    assert await progress(bench, number) == (1, 0, 1, 0, BatchState.RUNNING)


async def many(bench: Bench, more: int) -> None:
    """Open a ticket, and so many more like it at once, without triages of their own."""

    def service(session: Session) -> None:
        row = rights.locked(session, installation=bench.installation, number=1)
        values = {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key != "id"}
        values |= {"root_ts": None, "channel": None}
        session.execute(insert(Ticket), [values] * more)

    await bench.ask()
    await bench.desk.run(service)


async def test_thousands_are_put_in_by_few_statements(bench: Bench, count_queries: Any) -> None:
    await many(bench, 2000)
    with count_queries(bench.desk.database.engine) as sent:
        number = await begun(bench, concurrency=50)
    assert len(sent) < 20
    assert await progress(bench, number) == (0, 0, 50, 1951, BatchState.RUNNING)


async def test_many_that_need_no_triage_any_more_are_passed_over_by_few_statements(
    bench: Bench, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(session: Session) -> None:
        resolved = update(Ticket).where(Ticket.id > 1, Ticket.id != 250)
        session.execute(resolved.values(status=Status.RESOLVED, resolved_at=utcnow()))

    monkeypatch.setattr(batches, "LOOKED_AT", 8)
    await many(bench, 300)
    number = await begun(bench, concurrency=1)
    await bench.desk.run(resolve)
    with count_queries(bench.desk.database.engine) as sent:
        await bench.run()
    assert len([each for each in sent if "batch_items" in each]) < 15
    assert await progress(bench, number) == (300, 0, 1, 0, BatchState.RUNNING)
    await bench.run()
    assert await progress(bench, number) == (301, 0, 0, 0, BatchState.DONE)


async def test_a_new_ticket_goes_before_a_batch(bench: Bench) -> None:
    await failed(bench, 3)
    await begun(bench, concurrency=3)
    new = await bench.ask(ts="99.0")
    job = await bench.claim()
    assert job is not None
    assert job.ticket_id == new
