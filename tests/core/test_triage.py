"""From a ticket to a result, with a triager that does what the test says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import schedule, threads, tickets, triage
from core.conversation import Heard
from core.errors import (
    JobError,
    NotAnAgent,
    NothingToDo,
    Permanent,
    Postponed,
    Transient,
)
from core.inquiry import MOST_CALLS
from core.intake import Source
from core.jobs import Kind
from core.model_reply import Outcome
from storage.tables import (
    Job,
    JobState,
    ModelCall,
    Ticket,
    TicketPriority,
    TriageStatus,
)
from tests.fakes.triager import answered, went_wrong
from tests.fixtures.people import ANA, RITA
from tests.fixtures.triaging import Bench


async def test_an_answer_becomes_a_result(bench: Bench) -> None:
    number = await bench.ask()
    assert await bench.run() is None
    facts = await bench.facts(number)
    ticket, result = facts.ticket, facts.result
    assert ticket.triage_status is TriageStatus.COMPLETED
    assert (ticket.title, ticket.category) == ("VPN fails with error 809", "network")
    assert ticket.priority is TicketPriority.HIGH
    assert result is not None
    assert (result.reply_draft, result.confidence) == ("Please restart the VPN client.", 0.9)
    assert (result.model, result.prompt_version) == ("fake-1", "v1")
    assert facts.draft is result
    assert await bench.claim() is None


async def test_the_ledger_tells_all_of_a_call(bench: Bench) -> None:
    number = await bench.ask()
    await bench.run()
    (call,) = await bench.calls()
    assert (call.ticket_id, call.outcome, call.model) == (number, "answered", "fake-1")
    assert (call.prompt_version, call.request_id, call.latency_ms) == ("triage/v1", "req_1", 120)
    assert (call.input_tokens, call.output_tokens, call.total_tokens) == (900, 100, 1000)
    assert (call.cached_tokens, call.cost) == (400, Decimal("0.00125"))
    assert "error 809" in (call.answer or "")
    assert call.job_id is not None
    (result,) = await bench.results()
    assert result.model_call_id == call.id


async def test_the_call_is_in_the_ledger_before_it_is_made(bench: Bench) -> None:
    seen: list[tuple[str, TriageStatus]] = []

    def look() -> None:
        with bench.desk.database.reading() as session:
            outcome = session.scalars(select(ModelCall.outcome)).one()
            seen.append((outcome, session.scalars(select(Ticket.triage_status)).one()))

    bench.triager.before_answer = look
    await bench.ask()
    await bench.run()
    assert seen == [("started", TriageStatus.ON_TRIAGE)]


async def test_the_brief_holds_what_was_said_and_no_names(bench: Bench) -> None:
    await bench.ask()
    for second, (user_id, text) in enumerate([(RITA, "Still down"), (ANA, "Looking")]):
        await bench.desk.run(
            threads.hear,
            installation=bench.installation,
            root_ts="1700000000.000100",
            said=Heard("C0HELP", user_id, f"170000000{second}.5", text),
            card_delay=timedelta(0),
        )
    await bench.run()
    brief, _ = bench.triager.asked[0]
    asked = "The VPN is down.\nIt says error 809."
    assert brief.transcript == f"{asked}\n\nrequester: Still down\n\nagent: Looking"
    assert brief.words == f"{asked}\n\nStill down"
    assert (brief.requester, brief.prompt_name, brief.prompt_version) == ("Rita", "triage", "v1")


async def test_a_form_keeps_the_title_that_its_author_chose(bench: Bench) -> None:
    number = await bench.ask(source=Source.FORM, title="My VPN", external_id="V1")
    await bench.run()
    assert (await bench.ticket(number)).title == "My VPN"
    assert bench.triager.asked[0][0].text.startswith("My VPN\n\nThe VPN is down.")


@pytest.mark.parametrize(
    ("outcome", "changes", "error", "was_down"),
    [
        (Outcome.TIMEOUT, {}, Transient, True),
        (Outcome.RATE_LIMITED, {"retry_after": 30.0}, Transient, True),
        (Outcome.UNAVAILABLE, {}, Transient, True),
        (Outcome.UNAVAILABLE, {"sent": False, "retry_after": 7.0}, Postponed, True),
        (Outcome.REJECTED, {}, Permanent, False),
        (Outcome.REFUSAL, {}, Transient, False),
        (Outcome.LENGTH, {}, Transient, False),
        (Outcome.EMPTY, {}, Transient, False),
    ],
)
async def test_no_answer_is_written_down_and_shown(
    bench: Bench,
    outcome: Outcome,
    changes: dict[str, Any],
    error: type[JobError],
    was_down: bool,
) -> None:
    number = await bench.ask()
    bench.triager.replies = [went_wrong(outcome, **changes)]
    raised = await bench.run()
    assert type(raised) is error
    if isinstance(raised, Transient | Postponed):
        assert raised.retry_after == changes.get("retry_after")
    ticket = await bench.ticket(number)
    assert (ticket.triage_status, ticket.triage_error) == (TriageStatus.PENDING, str(raised))
    assert ticket.model_was_down is was_down
    (call,) = await bench.calls()
    assert call.outcome == (outcome if changes.get("sent", True) else "not_sent")
    assert call.error == f"it was {outcome}"

    bench.triager.replies = [answered()]
    assert await bench.run() is None
    ticket = await bench.ticket(number)
    assert (ticket.triage_status, ticket.triage_error) == (TriageStatus.COMPLETED, None)


async def test_the_card_follows_a_failure_once(bench: Bench) -> None:
    number = await bench.ask()
    bench.triager.replies = [went_wrong(Outcome.TIMEOUT)]
    await bench.run()
    version = (await bench.ticket(number)).version
    await bench.run()
    assert (await bench.ticket(number)).version == version


async def test_a_quiet_desk_finds_out_by_itself_that_the_model_is_back(bench: Bench) -> None:
    """By the clock alone: one ticket tries, and brings up the others."""
    first, second = await bench.ask(), await bench.ask(ts="1700000009.0")
    bench.triager.replies = [went_wrong(Outcome.TIMEOUT), went_wrong(Outcome.TIMEOUT)]
    await bench.give_up()
    await bench.give_up()
    for _ in range(9):
        assert not await bench.is_due()
        for _process in range(2):
            await bench.desk.run(schedule.probe_tick, installation=bench.installation)
        bench.triager.replies = [went_wrong(Outcome.TIMEOUT)]
        await bench.give_up()
    assert not await bench.is_due(), "one at a time finds out"

    await bench.desk.run(schedule.probe_tick, installation=bench.installation)
    bench.triager.replies = [answered(), answered()]
    await bench.run()
    await bench.run()
    done = TriageStatus.COMPLETED
    assert [(await bench.ticket(each)).triage_status for each in (first, second)] == [done, done]


async def test_one_that_was_set_aside_keeps_no_other_from_finding_out(bench: Bench) -> None:
    aside = await bench.ask()
    bench.triager.replies = [went_wrong(Outcome.TIMEOUT), went_wrong(Outcome.TIMEOUT)]
    await bench.run()
    await bench.do(tickets.set_aside, aside)
    await bench.run()  # overtaken: it ends without a call
    await bench.ask(ts="1700000009.0")
    await bench.give_up()
    await bench.desk.run(schedule.probe_tick, installation=bench.installation)
    assert await bench.is_due()


async def test_what_the_model_gave_no_answer_to_is_not_tried_by_the_clock(bench: Bench) -> None:
    await bench.ask()
    bench.triager.replies = [went_wrong(Outcome.REFUSAL)]
    await bench.give_up()
    await bench.desk.run(schedule.probe_tick, installation=bench.installation)
    assert not await bench.is_due()


async def test_giving_up_leaves_the_ticket_to_people(bench: Bench) -> None:
    number = await bench.ask()
    bench.triager.replies = [went_wrong(Outcome.REJECTED)]
    await bench.give_up()
    ticket = await bench.ticket(number)
    assert ticket.triage_status is TriageStatus.FAILED
    assert "rejects our requests" in (ticket.triage_error or "")


async def test_one_repair(bench: Bench) -> None:
    await bench.ask()
    bench.triager.replies = [
        went_wrong(Outcome.INVALID, text="{}", error="title: missing"),
        answered(),
    ]
    assert await bench.run() is None
    (_, none), (_, repair) = bench.triager.asked
    assert none is None
    assert repair is not None
    assert (repair.answer, repair.problem) == ("{}", "title: missing")
    assert [call.outcome for call in await bench.calls()] == ["invalid", "answered"]


async def test_no_second_repair(bench: Bench) -> None:
    await bench.ask()
    bench.triager.replies = [went_wrong(Outcome.INVALID)]
    assert isinstance(await bench.run(), Transient)
    assert [call.outcome for call in await bench.calls()] == ["invalid"] * 2


async def test_weaker_formats_are_tried_at_once(bench: Bench) -> None:
    await bench.ask()
    unsupported = went_wrong(Outcome.UNSUPPORTED)
    bench.triager.replies = [unsupported, unsupported, went_wrong(Outcome.INVALID), answered()]
    assert await bench.run() is None
    outcomes = [call.outcome for call in await bench.calls()]
    assert outcomes == ["unsupported", "unsupported", "invalid", "answered"]


@pytest.mark.parametrize(
    "outcomes",
    [
        [Outcome.UNSUPPORTED] * MOST_CALLS,
        [*[Outcome.UNSUPPORTED] * (MOST_CALLS - 1), Outcome.INVALID],
    ],
    ids=["nothing is supported", "no call is left for a repair"],
)
async def test_the_ledger_has_a_row_for_each_call_and_no_more(
    bench: Bench, outcomes: list[Outcome]
) -> None:
    await bench.ask()
    bench.triager.replies = [went_wrong(outcome) for outcome in outcomes]
    assert isinstance(await bench.run(), Transient)
    assert len(bench.triager.asked) == MOST_CALLS
    assert [call.outcome for call in await bench.calls()] == outcomes


async def test_what_people_corrected_survives_a_new_triage(bench: Bench) -> None:
    number = await bench.ask()
    await bench.run()
    await bench.do(tickets.correct, number, category="hardware", priority=TicketPriority.LOW)
    bench.triager.replies = [answered(category="access", priority="urgent", summary="Anew")]
    await bench.do(triage.process, number, force=True)
    await bench.run()
    facts = await bench.facts(number)
    assert (facts.ticket.category, facts.ticket.priority) == ("hardware", TicketPriority.LOW)
    assert facts.result is not None
    assert (facts.result.category, facts.result.summary) == ("access", "Anew")
    assert [result.is_current for result in await bench.results()] == [False, True]


async def test_who_may_ask_for_a_triage_and_when(bench: Bench) -> None:
    number = await bench.ask()
    with pytest.raises(NothingToDo, match="under way"):
        await bench.do(triage.process, number, force=True)
    await bench.run()
    with pytest.raises(NotAnAgent):
        await bench.do(triage.process, number, by=RITA, force=True)
    with pytest.raises(NothingToDo, match="triaged already"):
        await bench.do(triage.process, number)
    await bench.do(triage.process, number, force=True)
    assert await bench.run() is None


def _state_of(session: Session) -> list[JobState]:
    return list(session.scalars(select(Job.state).where(Job.kind == Kind.TRIAGE)))


async def test_a_failed_triage_and_its_ticket_fail_together(bench: Bench) -> None:
    number = await bench.ask()
    bench.triager.replies = [went_wrong(Outcome.REJECTED)]
    await bench.give_up()
    assert await bench.desk.read(_state_of) == [JobState.FAILED]
    await bench.do(triage.process, number)
    assert (await bench.ticket(number)).triage_status is TriageStatus.PENDING
