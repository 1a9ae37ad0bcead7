"""Tickets that other systems hand in, and whoever holds the token for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import answers, contacts, replies, submissions, tickets, tokens
from core.answers import Answer, Key, KeyReused
from core.caller import Caller, Scope
from core.errors import NotAnAgent, UnknownTicket
from core.installation import Installation
from core.jobs import Kind
from core.submissions import Person, Submission
from storage.database import Database
from storage.tables import Contact, Delivery, Job, Ticket, utcnow
from tests.fixtures.database import wait_for_a_waiting_one
from tests.fixtures.people import ANA, BEN

HOUR = timedelta(hours=1)


@pytest.fixture
def caller(office: Session) -> Caller:
    return holder_of_a_token(office)


def holder_of_a_token(session: Session, agent: str | None = None) -> Caller:
    made = tokens.create(
        session,
        workspace_id=1,
        name="Web",
        scopes=[Scope.READ, Scope.WRITE],
        expires_at=None,
        agent=agent,
    )
    return tokens.caller(session, workspace_id=1, secret=made.secret)


def submit(session: Session, installation: Installation, by: Caller, **said: object) -> Ticket:
    submission = Submission(**{"text": "down", "contact": Person("Eve"), **said})  # type: ignore[arg-type]
    return submissions.submit(
        session, installation=installation, by=by, submission=submission, card_delay=HOUR
    ).ticket


def kinds_of(session: Session) -> list[str]:
    return list(session.scalars(select(Job.kind).order_by(Job.id)))


def test_nobody_in_slack_is_sent_nothing(
    office: Session, installation: Installation, caller: Caller
) -> None:
    ticket = submit(office, installation, caller)
    assert kinds_of(office) == [Kind.CARD, Kind.TRIAGE]
    reply = replies.answer(
        office, installation=installation, number=ticket.id, by=BEN, text="Up", form_key="V1"
    )
    tickets.resolve(office, installation=installation, number=ticket.id, by=BEN)
    office.flush()
    assert (reply.delivery, reply.sent_at) == (Delivery.READY, None)
    assert ticket.first_response_at == reply.approved_at
    assert set(kinds_of(office)) == {Kind.CARD, Kind.TRIAGE}


def test_who_holds_a_token_stays_what_they_are_when_agents_change(
    office: Session, installation: Installation, caller: Caller
) -> None:
    for agents in ([], [ANA]):
        contacts.set_agents(office, installation=installation, user_ids=agents)
        office.expire_all()
        holder = office.get_one(Contact, caller.contact_id)
        assert (holder.is_agent, holder.sees_private) == (True, True)


def test_a_token_without_private_sees_none(
    office: Session, installation: Installation, caller: Caller
) -> None:
    """Though without a channel for private tickets every agent sees them."""
    ticket = submit(office, installation, caller)
    tickets.make_private(office, installation=installation, number=ticket.id, by=BEN)
    with pytest.raises(UnknownTicket):
        tickets.claim(office, installation=installation, number=ticket.id, by=caller)


def test_who_is_no_agent_any_more_hands_in_for_nobody_else(
    office: Session, installation: Installation
) -> None:
    """They would be shown whoever it is, address and all."""
    caller = holder_of_a_token(office, agent=ANA)
    contacts.set_agents(office, installation=installation, user_ids=[BEN])
    office.expire_all()
    for somebody in ({"contact": Person(email="eve@x.example")}, {"owner_id": 1, "contact": None}):
        with pytest.raises(NotAnAgent):
            submit(office, installation, caller, **somebody)
    own = submit(office, installation, caller, contact=None)
    assert own.requester_id == caller.contact_id


def test_an_address_is_one_person(
    office: Session, installation: Installation, caller: Caller
) -> None:
    eve = Person("Eve", " EVE@x.example")
    first = submit(office, installation, caller, contact=eve)
    again = submit(office, installation, caller, contact=Person("Mallory", "eve@x.example"))
    assert again.requester_id == first.requester_id
    assert office.get_one(Contact, first.requester_id).name == "Eve"
    without = [submit(office, installation, caller).requester_id for _ in range(2)]
    assert len(set(without)) == 2


def test_of_two_batches_that_name_the_same_people_one_waits(
    database: Database, installation: Installation
) -> None:
    """In whichever order: neither waits for a person whom the other one is about to make."""
    with database.writing() as session:
        caller = holder_of_a_token(session)
    eve, mallory = (Person(email=f"{name}@x.example") for name in ("eve", "mallory"))

    def hand_in(*people: Person) -> None:
        with database.writing() as session:
            for person in people:
                submit(session, installation, caller, contact=person)

    with ThreadPoolExecutor(1) as thread:
        with database.writing() as session:
            submit(session, installation, caller, contact=eve)
            other = thread.submit(hand_in, mallory, eve)
            if not database.is_sqlite:
                wait_for_a_waiting_one(database)
            submit(session, installation, caller, contact=mallory)
        other.result(timeout=10)
    with database.reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 4


def test_an_answer_is_kept_for_a_day(office: Session, caller: Caller) -> None:
    done: list[str] = []

    def work(_session: Session) -> Answer:
        done.append("x")
        return Answer(201, f"{len(done)}", "/there")

    key = Key(caller.token_id, "k", "fingerprint")
    first = answers.once(office, key=key, work=work)
    assert answers.once(office, key=key, work=work) == first
    with pytest.raises(KeyReused):
        answers.once(office, key=Key(caller.token_id, "k", "other"), work=work)
    assert answers.prune(office) == 0
    with time_machine.travel(utcnow() + timedelta(hours=25)):
        assert answers.once(office, key=key, work=work).body == "2"
    with time_machine.travel(utcnow() + timedelta(hours=50)):
        assert answers.prune(office) == 1


def test_a_minute_is_shared_by_all_processes(office: Session, caller: Caller) -> None:
    now = utcnow().replace(second=0, microsecond=0)

    def spend(wanted: int, later: timedelta = timedelta(0)) -> tuple[int, int]:
        granted = tokens.spend(
            office, token_id=caller.token_id, window_at=now + later, wanted=wanted, limit=10
        )
        return granted.requests, granted.left

    assert [spend(4), spend(4), spend(4), spend(4)] == [(4, 6), (4, 2), (2, 0), (0, 0)]
    assert spend(4, timedelta(minutes=1)) == (4, 6)
    assert spend(4) == (4, 2)  # by a clock that is behind
