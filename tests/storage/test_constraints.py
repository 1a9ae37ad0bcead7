"""What the databases refuse, whatever the code does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.tables import (
    Base,
    Contact,
    Delivery,
    Job,
    JobState,
    Message,
    Reply,
    Result,
    Role,
    Status,
    Ticket,
    TicketPriority,
    Visibility,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Rows:
    """Makes rows with what they need; keyword arguments change it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.contact_id = self.add(Contact(workspace_id=1, slack_user_id="U1")).id
        self.ticket_id = self.ticket().id

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def ticket(self, **changes: Any) -> Any:
        return self.add(
            Ticket(
                **{
                    "workspace_id": 1,
                    "title": "VPN",
                    "raw_text": "VPN",
                    "source": "message",
                    "requester_id": self.contact_id,
                    **changes,
                }
            )
        )

    def result(self, **changes: Any) -> Any:
        return self.add(
            Result(
                **{
                    "workspace_id": 1,
                    "ticket_id": self.ticket_id,
                    "title": "VPN",
                    "summary": "VPN",
                    "category": "network",
                    "priority": TicketPriority.HIGH,
                    "language": "en",
                    "confidence": 0.5,
                    "reply_draft": "Hello",
                    "model": "m",
                    "prompt_version": "v1",
                    **changes,
                }
            )
        )

    def message(self, **changes: Any) -> Any:
        return self.add(
            Message(
                **{
                    "workspace_id": 1,
                    "ticket_id": self.ticket_id,
                    "role": Role.AGENT,
                    "visibility": Visibility.PUBLIC,
                    "text": "Hello",
                    "ticket_status": Status.NEW,
                    **changes,
                }
            )
        )

    def reply(self, **changes: Any) -> Any:
        return self.add(
            Reply(
                **{
                    "workspace_id": 1,
                    "ticket_id": self.ticket_id,
                    "message_id": self.message().id,
                    "text": "Hello",
                    "approved_by_id": self.contact_id,
                    **changes,
                }
            )
        )

    def job(self, key: str, **changes: Any) -> Any:
        return self.add(
            Job(
                **{
                    "workspace_id": 1,
                    "kind": "card",
                    "dedupe_key": key,
                    "message_key": key,
                    "priority": 0,
                    "run_at": NOW,
                    **changes,
                }
            )
        )

    def running(self, key: str, lane: str | None) -> Any:
        return self.job(key, lane=lane, state=JobState.RUNNING, lease_token=key)


@pytest.fixture
def rows(session: Session) -> Rows:
    return Rows(session)


Case = Callable[[Rows], object]

REFUSED: dict[str, Case] = {
    "two current results": lambda rows: (rows.result(), rows.result()),
    "resolved without when": lambda rows: rows.ticket(status=Status.RESOLVED),
    "open with when resolved": lambda rows: rows.ticket(resolved_at=NOW),
    "a thread twice": lambda rows: [rows.ticket(channel="C", root_ts="1") for _ in "12"],
    "an external id twice": lambda rows: [rows.ticket(external_id="x") for _ in "12"],
    "a root without a channel": lambda rows: rows.ticket(root_ts="1"),
    "two running jobs in a lane": lambda rows: [rows.running(key, "card:1") for key in "12"],
    "a dedupe key twice": lambda rows: [rows.job("k") for _ in "12"],
    "running without a lease": lambda rows: rows.job("k", state=JobState.RUNNING),
    "pending with a lease": lambda rows: rows.job("k", lease_token="t"),
    "two replies to a result": lambda rows: [
        rows.reply(result_id=result) for result in [rows.result().id] * 2
    ],
    "two replies of a form": lambda rows: [rows.reply(form_key="V1") for _ in "12"],
    "sent without when": lambda rows: rows.reply(delivery=Delivery.SENT),
    "queued with when sent": lambda rows: rows.reply(sent_at=NOW),
    "confidence above one": lambda rows: rows.result(confidence=1.1),
    "a message twice": lambda rows: [rows.message(channel="C", ts="1") for _ in "12"],
    "a message with half a place": lambda rows: rows.message(ts="1"),
    "a Slack user twice": lambda rows: rows.add(Contact(workspace_id=1, slack_user_id="U1")),
    "an email twice": lambda rows: [
        rows.add(Contact(workspace_id=1, email="a@b.example")) for _ in "12"
    ],
    "a requester who is nobody": lambda rows: rows.ticket(requester_id=10**6),
    "an unknown status": lambda rows: rows.session.execute(
        text("UPDATE tickets SET status = 'lost'")
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(rows: Rows, case: Case) -> None:
    with pytest.raises(IntegrityError):
        case(rows)


ALLOWED: dict[str, Case] = {
    "an older result beside the current one": lambda rows: (
        rows.result(is_current=False),
        rows.result(is_current=False),
        rows.result(),
    ),
    "running jobs without a lane": lambda rows: [rows.running(key, None) for key in "12"],
    "pending jobs in a lane": lambda rows: [rows.job(key, lane="card:1") for key in "12"],
    "replies by hand": lambda rows: [rows.reply() for _ in "12"],
    "tickets without a thread": lambda rows: [rows.ticket() for _ in "12"],
    "people without an address": lambda rows: [rows.add(Contact(workspace_id=1)) for _ in "12"],
}


@pytest.mark.parametrize("case", ALLOWED.values(), ids=ALLOWED.keys())
def test_allowed(rows: Rows, case: Case) -> None:
    case(rows)


def test_a_ticket_number_is_never_used_again(rows: Rows) -> None:
    number = rows.ticket().id
    rows.session.execute(delete(Ticket).where(Ticket.id == number))
    assert rows.ticket().id > number


def test_what_belongs_to_a_ticket_goes_with_it(rows: Rows) -> None:
    rows.message()
    rows.job("k", ticket_id=rows.ticket_id)
    rows.session.execute(delete(Ticket).where(Ticket.id == rows.ticket_id))
    assert not rows.session.scalars(select(Message)).all()
    assert not rows.session.scalars(select(Job)).all()


def test_every_constraint_has_a_name() -> None:
    nameless = [
        f"{table.name}: {constraint!r}"
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if not constraint.name
    ]
    assert not nameless
