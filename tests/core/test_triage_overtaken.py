"""Triages whose ticket or job went on without them, and those that are caught up with."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from core import batches, conversation, jobs, rights, tickets, triage, triage_queue
from core.audit import Surface
from core.errors import (
    JobError,
    LeaseLost,
    NothingToDo,
    Transient,
)
from core.installation import Installation
from core.jobs import Kind
from core.model_reply import Outcome
from core.triager import Triagers
from storage.tables import (
    TriageStatus,
    utcnow,
)
from tests.fakes.triager import answered, went_wrong
from tests.fixtures.claiming import claim_one
from tests.fixtures.database import wait_for_a_waiting_one
from tests.fixtures.people import ANA
from tests.fixtures.triaging import Bench
from tests.fixtures.working import INTERVALS


async def test_an_overtaken_triage_leaves_its_record_only(bench: Bench) -> None:
    number = await bench.ask()

    def overtake() -> None:
        bench.triager.before_answer = lambda: None
        with bench.desk.database.writing() as session:
            ticket = rights.locked(session, installation=bench.installation, number=number)
            triage_queue.triage_due(session, ticket)

    bench.triager.before_answer = overtake
    bench.triager.replies = [answered(summary="Late"), answered(summary="New")]
    assert await bench.run() is None
    assert await bench.results() == []
    assert await bench.run() is None
    assert [result.summary for result in await bench.results()] == ["New"]
    assert [call.outcome for call in await bench.calls()] == ["answered", "answered"]


async def test_a_triage_that_lost_its_lease_changes_nothing(bench: Bench) -> None:
    """Its worker was asleep for long; another one did the job meanwhile."""
    number = await bench.ask()
    slow = await bench.claim(timedelta(microseconds=-1))
    assert slow is not None
    assert await bench.run() is None
    asked = len(bench.triager.asked)
    with pytest.raises(LeaseLost):
        await bench.triage.handle(slow)
    assert len(bench.triager.asked) == asked, "the model was asked for nothing"
    assert (await bench.ticket(number)).triage_status is TriageStatus.COMPLETED


async def test_a_failure_after_the_lease_was_lost_changes_nothing(bench: Bench) -> None:
    number = await bench.ask()
    slow = await bench.claim(timedelta(microseconds=-1))
    assert slow is not None

    def other_worker_is_quicker() -> None:
        database = bench.desk.database
        with database.writing() as session:
            job = claim_one(
                session,
                kinds=[Kind.TRIAGE],
                now=utcnow(),
                lease=timedelta(minutes=1),
                intervals=INTERVALS,
            )
        assert job is not None
        with database.writing() as session:
            begun = triage.begin(
                session,
                installation=bench.installation,
                job=job,
                triagers=Triagers(bench.triager, bench.triager),
                default_prompt="v1",
            )
        assert begun is not None
        with database.writing() as session:
            jobs.finish(session, job=job, closing=None)
            triage.complete(
                session,
                installation=bench.installation,
                job=job,
                call_id=begun.call_id,
                reply=answered(),
                begun=begun,
            )

    bench.triager.before_answer = other_worker_is_quicker
    bench.triager.replies = [went_wrong(Outcome.TIMEOUT)]
    with pytest.raises(JobError):
        await bench.triage.handle(slow)
    ticket = await bench.ticket(number)
    assert (ticket.triage_status, ticket.triage_error) == (TriageStatus.COMPLETED, None)
    assert sorted(call.outcome for call in await bench.calls()) == ["answered", "timeout"]


async def test_what_is_gone_is_not_sent_to_the_model_once_more(bench: Bench) -> None:
    """Its first answer is to be corrected; meanwhile the request is deleted."""
    await bench.ask()

    def delete() -> None:
        bench.triager.before_answer = lambda: None
        with bench.desk.database.writing() as session:
            conversation.delete(
                session,
                installation=bench.installation,
                channel="C0HELP",
                ts="1700000000.000100",
            )

    bench.triager.before_answer = delete
    bench.triager.replies = [went_wrong(Outcome.INVALID, text="809"), answered()]
    assert isinstance(await bench.run(), Transient)
    assert len(bench.triager.asked) == 1
    [call] = await bench.calls()
    assert (call.outcome, call.answer, call.error) == ("invalid", None, None)


@pytest.mark.parametrize("before", [True, False], ids=["let go before", "let go after"])
async def test_what_is_let_go_while_an_answer_is_written_is_not_kept(
    bench: Bench, before: bool
) -> None:
    """The one waits for the other, whichever row it wants first; they never wait in a circle."""
    number = await bench.ask()
    job = await bench.claim()
    assert job is not None
    closing = await bench.triage.handle(job)
    database = bench.desk.database
    delete = partial(
        conversation.delete,
        installation=bench.installation,
        channel="C0HELP",
        ts="1700000000.000100",
    )
    with database.writing() as session:
        rights.locked(session, installation=bench.installation, number=number)
        if before:
            delete(session)
            session.flush()
        ending = asyncio.create_task(bench.desk.run(jobs.finish, job=job, closing=closing))
        if not database.is_sqlite:
            await asyncio.to_thread(wait_for_a_waiting_one, database)
        if not before:
            delete(session)
    await ending
    [call] = await bench.calls()
    assert (call.outcome, call.answer) == ("answered", None)
    assert await bench.results() == []


async def test_what_was_set_aside_is_not_triaged_until_it_is_brought_back(bench: Bench) -> None:
    number = await bench.ask()
    await bench.do(tickets.set_aside, number)
    assert await bench.run() is None
    assert bench.triager.asked == []
    with pytest.raises(NothingToDo, match="set aside"):
        await bench.do(triage.process, number, force=True)
    await bench.do(tickets.bring_back, number)
    assert await bench.run() is None
    assert (await bench.ticket(number)).triage_status is TriageStatus.COMPLETED


async def test_set_aside_while_the_model_thinks(bench: Bench, installation: Installation) -> None:
    number = await bench.ask()

    def act() -> None:
        with bench.desk.database.writing() as session:
            tickets.set_aside(session, installation=installation, number=number, by=ANA)

    bench.triager.before_answer = act
    assert await bench.run() is None
    assert await bench.results() == []
    assert [call.outcome for call in await bench.calls()] == ["answered"]
    bench.triager.before_answer = lambda: None
    await bench.do(tickets.bring_back, number)
    await bench.run()
    assert (await bench.ticket(number)).triage_status is TriageStatus.COMPLETED


async def test_bringing_back_what_was_triaged_asks_for_nothing(bench: Bench) -> None:
    number = await bench.ask()
    await bench.run()
    await bench.do(tickets.set_aside, number)
    await bench.do(tickets.bring_back, number)
    assert await bench.claim() is None


async def test_a_model_that_works_again_catches_up(bench: Bench) -> None:
    down = [await bench.ask(ts=f"{number}.0") for number in (1, 2)]
    bench.triager.replies = [went_wrong(Outcome.UNAVAILABLE)]
    for _ in down:
        await bench.give_up()
    rejected = await bench.ask(ts="3.0")
    bench.triager.replies = [went_wrong(Outcome.REJECTED)]
    await bench.give_up()

    bench.triager.replies = [answered()]
    await bench.ask(ts="4.0")
    for _ in range(3):
        assert await bench.run() is None
    assert await bench.claim() is None
    states = [(await bench.ticket(number)).triage_status for number in (*down, rejected)]
    assert states == [TriageStatus.COMPLETED, TriageStatus.COMPLETED, TriageStatus.FAILED]


async def test_catching_up_goes_on_to_the_last_the_oldest_first_and_new_tickets_before(
    bench: Bench,
) -> None:
    """Though only some are brought up at once, by each triage that worked."""
    count = triage.CAUGHT_UP_AT_ONCE + 3
    down = [await bench.ask(ts=f"{number}.0") for number in range(1, count + 1)]
    bench.triager.replies = [went_wrong(Outcome.UNAVAILABLE)]
    for _ in down:
        await bench.give_up()
    bench.triager.replies = [answered()]
    await bench.ask(ts="1000.0")
    await bench.run()
    new = await bench.ask(ts="1001.0")
    order = []
    while job := await bench.claim():
        order.append(job.ticket_id)
        await bench.desk.run(jobs.finish, job=job, closing=await bench.triage.handle(job))
    assert order == [new, *down]
    assert {(await bench.ticket(each)).triage_status for each in down} == {TriageStatus.COMPLETED}


async def test_what_waits_in_a_batch_is_left_to_the_batch(bench: Bench) -> None:
    down = [await bench.ask(ts=f"{number}.0") for number in (1, 2)]
    bench.triager.replies = [went_wrong(Outcome.UNAVAILABLE)]
    for _ in down:
        await bench.give_up()
    bench.triager.replies = [answered()]
    await bench.desk.run(batches.begin, workspace_id=1, concurrency=1, surface=Surface.TERMINAL)
    await bench.ask(ts="3.0")
    await bench.run()
    assert await bench.claim() is not None
    assert await bench.claim() is None, "both had their turn at once"
