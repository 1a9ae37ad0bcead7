"""Answers: approved by a person, word for word, and sent once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import delivery, replies, taking_back, threads, tickets
from core.conversation import Heard
from core.errors import AlreadyAnswered, DraftReplaced, NotAnAgent, NothingToDo, UnknownTicket
from core.installation import Installation
from core.jobs import Kind
from core.replies import EmptyReply, Writing
from storage.database import Database
from storage.repositories.triage import retire_results
from storage.tables import (
    Delivery,
    Job,
    Message,
    Reply,
    Result,
    Status,
    Ticket,
    TicketPriority,
    utcnow,
)
from tests.fixtures.database import overlap
from tests.fixtures.people import ANA, BEN, RITA, arrive, ask

DRAFT = "Please restart the VPN client."


def add_result(session: Session, ticket: Ticket) -> Result:
    retire_results(session, ticket_id=ticket.id)
    result = Result(
        workspace_id=1,
        ticket_id=ticket.id,
        read_message_id=session.scalar(select(func.max(Message.id))),
        title="VPN",
        summary="VPN",
        category="network",
        priority=TicketPriority.HIGH,
        language="en",
        confidence=0.5,
        reply_draft=DRAFT,
        model="m",
        prompt_version="v1",
    )
    session.add(result)
    session.flush()
    return result


class Case:
    """A ticket with a draft."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self.ticket = ask(session, installation=installation).ticket
        self.result = add_result(session, self.ticket)

    def _with(self, user_id: str) -> dict[str, Any]:
        return {
            "installation": self.installation,
            "number": self.ticket.id,
            "by": user_id,
        }

    def approve(self, user_id: str = ANA, **changes: Any) -> Reply:
        changes.setdefault("result_id", self.result.id)
        reply = replies.approve(self.session, **self._with(user_id), **changes)
        assert isinstance(reply, Reply)
        self.session.flush()
        return reply

    def answer(self, text: str = "By hand", form_key: str = "V1", user_id: str = ANA) -> Reply:
        return replies.answer(self.session, **self._with(user_id), text=text, form_key=form_key)

    def again(self, reply: Reply, user_id: str = BEN) -> Reply:
        return delivery.deliver_again(self.session, **self._with(user_id), reply_id=reply.id)

    def do(self, act: Callable[..., Ticket], user_id: str = ANA) -> None:
        act(self.session, **self._with(user_id))
        self.session.flush()

    def deliveries(self) -> list[str]:
        kinds = Job.ticket_id == self.ticket.id, Job.kind == Kind.REPLY
        return list(self.session.scalars(select(Job.dedupe_key).where(*kinds).order_by(Job.id)))

    def sent(self) -> list[str]:
        return list(self.session.scalars(select(Reply.text).order_by(Reply.id)))


@pytest.fixture
def case(office: Session, installation: Installation) -> Case:
    return Case(office, installation)


def test_an_approved_draft_is_sent_as_it_stands(case: Case) -> None:
    reply = case.approve()
    assert (reply.text, reply.result_id, reply.delivery) == (
        DRAFT,
        case.result.id,
        Delivery.QUEUED,
    )
    assert case.deliveries() == [f"reply:{reply.id}:1"]
    assert case.ticket.status is Status.WAITING
    assert case.ticket.assignee_id == reply.approved_by_id
    message = case.session.get_one(Message, reply.message_id)
    assert (message.text, message.role) == (DRAFT, "agent")


def test_the_second_is_told_who_was_first(case: Case) -> None:
    case.approve(ANA)
    with pytest.raises(AlreadyAnswered, match="Ana approved this draft") as refusal:
        case.approve(BEN)
    assert "now" in str(refusal.value) or "ago" in str(refusal.value)
    assert case.sent() == [DRAFT]


def test_two_approve_at_the_same_instant(database: Database, installation: Installation) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)
        case = Case(session, installation)
        number, result_id = case.ticket.id, case.result.id
    together = Barrier(2)

    def click(user_id: str) -> str:
        together.wait()
        try:
            with database.writing() as session:
                replies.approve(
                    session,
                    installation=installation,
                    number=number,
                    result_id=result_id,
                    by=user_id,
                )
        except AlreadyAnswered as refusal:
            return str(refusal)
        return "sent"

    with ThreadPoolExecutor(2) as threads:
        said = dict(zip((ANA, BEN), threads.map(click, (ANA, BEN)), strict=True))
    (winner,) = [user_id for user_id, text in said.items() if text == "sent"]
    (refusal,) = [text for text in said.values() if text != "sent"]
    assert {ANA: "Ana", BEN: "Ben"}[winner] in refusal
    with database.reading() as session:
        assert session.scalar(select(func.count(Reply.id))) == 1
        jobs = select(func.count(Job.id)).where(Job.kind == Kind.REPLY)
        assert session.scalar(jobs) == 1


def test_the_second_waits_until_the_first_is_committed(
    database: Database, installation: Installation
) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)
        case = Case(session, installation)
        number, result_id = case.ticket.id, case.result.id
    approve = partial(
        replies.approve, installation=installation, number=number, result_id=result_id
    )
    with pytest.raises(AlreadyAnswered, match="Ana"):
        overlap(database, partial(approve, by=ANA), partial(approve, by=BEN))


@pytest.mark.parametrize(
    ("meanwhile", "is_shown"),
    [
        ("a colleague answered", True),
        ("a colleague answered, and again", True),
        ("a colleague answered, which was shown", False),
        ("a colleague answered, and took it back", False),
        ("I answered", False),
        ("the requester wrote", False),
    ],
)
def test_what_a_colleague_answered_is_shown_before_another_answer_is_sent(
    case: Case, meanwhile: str, is_shown: bool
) -> None:
    who: dict[str, Any] = {"installation": case.installation, "number": case.ticket.id, "by": BEN}
    seen = replies.to_write(case.session, **who, seen=0).seen
    if meanwhile == "the requester wrote":
        threads.hear(
            case.session,
            installation=case.installation,
            root_ts="1700000000.000100",
            said=Heard("C0HELP", RITA, "1700000003.000100", "Never mind"),
            card_delay=timedelta(0),
        )
    else:
        reply = case.answer("First", user_id=BEN if meanwhile == "I answered" else ANA)
        if "again" in meanwhile:
            case.answer("Second", form_key="V2")
        if "took it back" in meanwhile:
            taking_back.take_back(case.session, **{**who, "by": ANA}, reply_id=reply.id)
        if "shown" in meanwhile:
            seen = reply.message_id
    assert bool(replies.to_write(case.session, **who, seen=seen).news) == is_shown
    send = partial(replies.answer_unless_answered, case.session, **who, text="Mine", form_key="V9")
    outcome = send(seen=seen)
    if is_shown:
        assert isinstance(outcome, Writing)
        assert [each.text for each in outcome.news][-1] == "First"
        outcome = send(seen=outcome.seen)
    assert isinstance(outcome, Reply)
    # The form comes a second time, and a colleague answered after the first.
    case.answer("Later", form_key="V3")
    assert send(seen=seen) is outcome
    assert case.sent().count("Mine") == 1


def test_what_cannot_be_sent_shows_nobodys_answer_first(case: Case) -> None:
    case.answer("First")
    who: dict[str, Any] = {"installation": case.installation, "number": case.ticket.id, "by": BEN}
    send = partial(replies.answer_unless_answered, case.session, **who, form_key="V9", seen=0)
    with pytest.raises(EmptyReply):
        send(text=" ")
    case.ticket.withdrawn_at = utcnow()
    with pytest.raises(NothingToDo):
        send(text="Mine")


def test_a_draft_that_was_replaced_is_not_sent(case: Case) -> None:
    add_result(case.session, case.ticket)
    with pytest.raises(DraftReplaced, match="newer one"):
        case.approve()
    assert case.sent() == []


def test_a_draft_of_another_ticket_is_not_sent(case: Case) -> None:
    other = ask(case.session, installation=case.installation, ts="2.0").ticket
    with pytest.raises(DraftReplaced):
        case.approve(result_id=add_result(case.session, other).id)
    with pytest.raises(DraftReplaced):
        case.approve(result_id=10**6)
    assert case.sent() == []


def test_of_another_ticket_s_answer_nothing_is_told(case: Case) -> None:
    """Who has sent what there may be none of their business: the ticket may be private."""
    case.approve()
    case.ticket = ask(case.session, installation=case.installation, ts="2.0").ticket
    with pytest.raises(DraftReplaced):
        case.approve()


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (tickets.resolve, "resolved meanwhile"),
        (tickets.set_aside, "set aside"),
    ],
)
def test_a_ticket_that_moved_on(case: Case, meanwhile: Callable[..., Ticket], why: str) -> None:
    case.do(meanwhile, BEN)
    with pytest.raises(DraftReplaced, match=why):
        case.approve()
    assert case.sent() == []


def test_a_draft_older_than_the_last_answer_is_not_sent(case: Case) -> None:
    case.answer(user_id=BEN)
    with pytest.raises(DraftReplaced, match="Ben answered meanwhile"):
        case.approve()
    newer = add_result(case.session, case.ticket)
    assert case.approve(result_id=newer.id).text == DRAFT


def test_an_edit_is_sent_word_for_word(case: Case) -> None:
    reply = case.approve(text=" Restart\x00 it, *Rita*. ", form_key="V1")
    assert reply.text == "Restart it, *Rita*."
    assert case.sent() == ["Restart it, *Rita*."]


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\u202e"])
def test_nothing_is_nothing_to_send(case: Case, text: str) -> None:
    with pytest.raises(replies.EmptyReply):
        case.approve(text=text, form_key="V1")
    with pytest.raises(replies.EmptyReply):
        case.answer(text)
    assert case.sent() == []
    assert case.deliveries() == []


def test_a_form_that_arrives_twice_is_one_reply(case: Case) -> None:
    assert case.approve(text="a", form_key="V1").id == case.approve(text="a", form_key="V1").id
    assert case.answer("b", "V2").id == case.answer("b", "V2").id
    assert case.answer("b", "V3").id != case.answer("b", "V2").id
    assert case.sent() == ["a", "b", "b"]
    assert len(case.deliveries()) == 3


def test_two_forms_for_one_draft(case: Case) -> None:
    case.approve(text="a", form_key="V1")
    with pytest.raises(AlreadyAnswered):
        case.approve(text="b", form_key="V2")


def test_requesters_approve_nothing(case: Case) -> None:
    for act in (case.approve, lambda user_id: case.answer(user_id=user_id)):
        with pytest.raises(NotAnAgent):
            act(RITA)
    assert case.sent() == []


def test_answering_what_was_set_aside(case: Case) -> None:
    case.do(tickets.set_aside)
    with pytest.raises(NothingToDo, match="Undo that first"):
        case.answer()


def test_answering_a_resolved_ticket_leaves_it_resolved(case: Case) -> None:
    case.do(tickets.resolve)
    case.answer()
    assert case.ticket.status is Status.RESOLVED


def test_what_was_not_delivered_can_be_delivered_again(case: Case) -> None:
    reply = case.approve()
    with pytest.raises(NothingToDo, match="on its way"):
        case.again(reply)
    delivery.undelivered(
        case.session, installation=case.installation, reply_id=reply.id, reason="is_archived"
    )
    assert (reply.delivery, reply.delivery_error) == (Delivery.FAILED, "is_archived")
    assert case.again(reply).delivery is Delivery.QUEUED
    assert case.deliveries() == [f"reply:{reply.id}:1", f"reply:{reply.id}:2"]
    delivery.delivered(
        case.session, installation=case.installation, reply_id=reply.id, channel="C0HELP", ts="9.0"
    )
    case.session.flush()
    assert reply.sent_at is not None
    assert case.ticket.first_response_at == reply.sent_at
    message = case.session.get_one(Message, reply.message_id)
    assert (message.channel, message.ts) == ("C0HELP", "9.0")
    with pytest.raises(NothingToDo):
        case.again(reply)


def test_a_reply_belongs_to_its_ticket(case: Case) -> None:
    reply = case.approve()
    delivery.undelivered(
        case.session, installation=case.installation, reply_id=reply.id, reason="x"
    )
    case.ticket = ask(case.session, installation=case.installation, ts="2.0").ticket
    with pytest.raises(NothingToDo):
        case.again(reply)
    with pytest.raises(UnknownTicket):
        delivery.deliver_again(
            case.session,
            installation=case.installation,
            number=10**6,
            reply_id=reply.id,
            by=ANA,
        )
