"""When very many ask at once: who gets a receipt, and who an emoji until it comes."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import rush, tickets
from core.installation import Installation
from core.jobs import Kind, Urgency
from core.modes import Rules
from storage.tables import Job, utcnow
from tests.fixtures.people import ANA, ask


@pytest.fixture
def busy(installation: Installation) -> Installation:
    """A desk that sends two receipts a minute at once."""
    rules = Rules(group_window=timedelta(0), most_requests=1000, receipts_per_minute=2)
    return replace(installation, rules=rules)


def now(later: float = 0) -> str:
    return f"{time.time() + later:.6f}"


def jobs(session: Session, number: int, *kinds: Kind) -> list[Job]:
    query = select(Job).where(Job.ticket_id == number, Job.kind.in_(kinds)).order_by(Job.id)
    return list(session.scalars(query))


def opened(session: Session, busy: Installation, count: int, **changes: object) -> list[int]:
    return [
        ask(session, installation=busy, ts=now(n / 1000), **changes).ticket.id for n in range(count)
    ]


def test_receipts_beyond_the_rate_wait_and_an_emoji_stands_for_them(
    office: Session, busy: Installation
) -> None:
    *first, third = opened(office, busy, 3)
    for number in first:
        (receipt,) = jobs(office, number, Kind.RECEIPT, Kind.REACTION)
        assert receipt.kind == Kind.RECEIPT
        assert receipt.priority == Urgency.RECEIPT
        assert receipt.run_at <= utcnow()
    receipt, emoji = jobs(office, third, Kind.RECEIPT, Kind.REACTION)
    if receipt.kind != Kind.RECEIPT:
        receipt, emoji = emoji, receipt
    assert receipt.priority == Urgency.UPDATE
    assert timedelta(seconds=55) < receipt.run_at - utcnow() <= timedelta(seconds=60)
    assert emoji.run_at <= utcnow()
    assert emoji.pace == "reaction", "an emoji waits for no message"
    assert emoji.payload["name"] == "eyes"


def test_beyond_what_emoji_slack_takes_there_are_receipts_again(
    office: Session, busy: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rush, "EMOJI_PER_MINUTE", 1)
    *_, third, fourth = opened(office, busy, 4)
    assert len(jobs(office, third, Kind.RECEIPT, Kind.REACTION)) == 2
    (receipt,) = jobs(office, fourth, Kind.RECEIPT, Kind.REACTION)
    assert receipt.priority == Urgency.RECEIPT
    assert receipt.run_at <= utcnow()


def test_other_channels_and_earlier_tickets_do_not_count(
    office: Session, busy: Installation
) -> None:
    opened(office, busy, 2, channel="C0OTHER")
    for n in range(3):
        ask(office, installation=busy, ts=now(-61 - n))
    (number,) = opened(office, busy, 1)
    assert [each.kind for each in jobs(office, number, Kind.RECEIPT, Kind.REACTION)] == [
        Kind.RECEIPT
    ]


def test_news_bring_the_receipt_at_once(office: Session, busy: Installation) -> None:
    """With the ticket's number and the button: whoever is worked for need not wait for them."""
    *_, number = opened(office, busy, 3)
    tickets.claim(office, installation=busy, number=number, by=ANA)
    (receipt,) = jobs(office, number, Kind.RECEIPT)
    assert receipt.run_at <= utcnow()


def test_a_ticket_that_came_without_a_message_has_nothing_to_put_an_emoji_under(
    office: Session, busy: Installation
) -> None:
    opened(office, busy, 3)
    form = ask(office, installation=busy, ts=None, external_id="V1").ticket.id
    assert jobs(office, form, Kind.REACTION) == []
    assert len(jobs(office, form, Kind.RECEIPT)) == 1
