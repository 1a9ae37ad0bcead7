"""Handing over: to whom a private ticket may go, and that a form counts once."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import conversation, handover, handover_words, replies, taking_back
from core.handover import WrongChannel, WrongPerson
from core.installation import Installation
from core.jobs import Kind
from storage.tables import Contact, Job, Ticket
from tests.fixtures.people import ANA, BEN, SAM, ask


def hand(session: Session, installation: Installation, ticket: Ticket, **to: Any) -> Ticket:
    facts = {"person": None, "channel": None, "summary": "All of it.", "form_key": "V1", **to}
    return handover.hand_over(session, installation=installation, number=ticket.id, by=ANA, **facts)


@pytest.fixture
def private(office: Session, installation: Installation) -> Ticket:
    ticket = ask(office, installation=installation).ticket
    ticket.private = True
    return ticket


def test_a_private_ticket_goes_to_agents_only(
    office: Session, installation: Installation, private: Ticket
) -> None:
    with pytest.raises(WrongChannel):
        hand(office, installation, private, channel="C0HELP")
    with pytest.raises(WrongPerson):
        hand(office, installation, private, person=SAM)
    assert hand(office, installation, private, person=BEN).transferred_to == BEN


def test_where_private_tickets_have_a_channel_only_to_those_in_it(
    office: Session, installation: Installation, private: Ticket
) -> None:
    installation = replace(installation, private_triage_channel="C0PRIVATE")
    office.scalars(select(Contact).where(Contact.slack_user_id == ANA)).one().sees_private = True
    with pytest.raises(WrongPerson):
        hand(office, installation, private, person=BEN)
    ben = office.scalars(select(Contact).where(Contact.slack_user_id == BEN)).one()
    ben.sees_private = True
    assert hand(office, installation, private, person=BEN).assignee_id == ben.id


def test_a_form_counts_once(office: Session, installation: Installation) -> None:
    ticket = ask(office, installation=installation).ticket
    for _ in range(2):
        hand(office, installation, ticket, channel="C0HELP")
    told = office.scalars(select(Job.pace).where(Job.kind == "handed_over")).all()
    assert told == ["post:C0HELP"]


def test_who_is_no_agent_takes_over_without_becoming_the_assignee(
    office: Session, installation: Installation
) -> None:
    ticket = ask(office, installation=installation).ticket
    assert hand(office, installation, ticket, person=SAM).assignee_id is None


@pytest.mark.parametrize("then", ["nothing", "taken back", "deleted", "handed over again"])
def test_a_word_goes_if_what_it_repeats_was_deleted_before_it_was_noted(
    office: Session, installation: Installation, then: str
) -> None:
    """An answer that is taken back is not deleted by who wrote it, and leaves the word alone."""
    ticket = ask(office, installation=installation).ticket
    who: dict[str, Any] = {"installation": installation, "number": ticket.id, "by": ANA}
    reply = replies.answer(office, **who, text="Try again.", form_key="V0")
    at = hand(office, installation, ticket, channel="C0HELP").transferred_at
    assert at is not None
    if then == "taken back":
        taking_back.take_back(office, **who, reply_id=reply.id)
    elif then != "nothing":
        conversation.delete(
            office, installation=installation, channel="C0HELP", ts="1700000000.000100"
        )
    if then == "handed over again":
        hand(office, installation, ticket, channel="C0HELP", form_key="V2")
    handover_words.told(
        office,
        installation=installation,
        number=ticket.id,
        to="C0HELP",
        at=at,
        channel="C0HELP",
        ts="1700000009.000900",
        has_summary=True,
    )
    goes = office.scalars(select(Job).where(Job.kind == Kind.HANDOVER_GONE)).all()
    assert len(goes) == (then in {"deleted", "handed over again"})
