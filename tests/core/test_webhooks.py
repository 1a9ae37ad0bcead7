"""Webhooks: who is told of what, and in which order."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import handover, replies, threads, tickets, webhook_jobs, webhooks
from core.conversation import Heard
from core.errors import NothingToDo
from core.installation import Installation
from core.jobs import Kind
from core.webhooks import Event, TooManyEndpoints, UnknownEndpoint, UnknownEvent
from storage.database import Database
from storage.tables import Job, WebhookDelivery, WebhookEndpoint
from tests.fixtures.database import CountQueries
from tests.fixtures.people import ANA, BEN, RITA, arrive, ask

URL = "https://example.com/hooks"


def added(session: Session, *events: str, private: bool = False) -> WebhookEndpoint:
    return webhooks.add(session, workspace_id=1, url=URL, events=events, private=private)


def told(session: Session) -> list[tuple[int, str]]:
    """Who is to be told of what, in the order of the lanes."""
    jobs = session.scalars(select(Job).where(Job.kind == Kind.WEBHOOK).order_by(Job.lane_seq))
    return [(job.payload["endpoint_id"], job.payload["event"]) for job in jobs]


def test_a_life_is_told_in_order(office: Session, installation: Installation) -> None:
    endpoint = added(office)
    ticket = ask(office, installation=installation).ticket
    who: dict[str, Any] = {"installation": installation, "number": ticket.id}
    replies.answer(office, **who, by=ANA, text="Try again.", form_key="V1")
    handover.hand_over(
        office, **who, by=ANA, person=BEN, channel=None, summary="Over to you", form_key="V2"
    )
    tickets.resolve(office, **who, by=BEN)
    tickets.reopen(office, **who, by=RITA)
    assert told(office) == [
        (endpoint.id, event)
        for event in (
            Event.CREATED,
            Event.REPLIED,
            Event.HANDED_OVER,
            Event.RESOLVED,
            Event.REOPENED,
        )
    ]
    jobs = office.scalars(select(Job).where(Job.kind == Kind.WEBHOOK)).all()
    assert {job.lane for job in jobs} == {f"webhook:{endpoint.id}:{ticket.id}"}
    assert len({job.message_key for job in jobs}) == len(jobs)


def test_an_answer_in_the_thread_is_a_reply(office: Session, installation: Installation) -> None:
    endpoint = added(office, Event.REPLIED)
    ask(office, installation=installation)
    threads.hear(
        office,
        installation=installation,
        root_ts="1700000000.000100",
        said=Heard("C0HELP", ANA, "1700000001.000100", "Restart it."),
        card_delay=timedelta(0),
    )
    assert told(office) == [(endpoint.id, Event.REPLIED)]
    job = office.scalars(select(Job).where(Job.kind == Kind.WEBHOOK)).one()
    sending = webhook_jobs.to_send(office, job=job)
    assert sending is not None
    assert sending.reply is not None
    assert sending.reply.text == "Restart it."


def test_each_is_told_only_of_what_it_chose(office: Session, installation: Installation) -> None:
    first, second = added(office, Event.RESOLVED), added(office, Event.CREATED, Event.RESOLVED)
    ticket = ask(office, installation=installation).ticket
    tickets.resolve(office, installation=installation, number=ticket.id, by=ANA)
    assert sorted(told(office)) == sorted(
        [(second.id, Event.CREATED), (first.id, Event.RESOLVED), (second.id, Event.RESOLVED)]
    )


def test_private_tickets_are_told_to_whom_they_were_promised_only(
    office: Session, installation: Installation
) -> None:
    added(office)
    private = added(office, private=True)
    ask(office, installation=installation, private=True)
    assert told(office) == [(private.id, Event.CREATED)]


def test_what_became_private_meanwhile_is_not_sent(
    office: Session, installation: Installation
) -> None:
    public, private = added(office), added(office, private=True)
    number = ask(office, installation=installation).ticket.id
    jobs = office.scalars(select(Job).where(Job.kind == Kind.WEBHOOK)).all()
    tickets.make_private(office, installation=installation, number=number, by=ANA)
    office.flush()
    sending = {job.payload["endpoint_id"]: webhook_jobs.to_send(office, job=job) for job in jobs}
    assert sending[public.id] is None
    assert sending[private.id] is not None


def test_nothing_is_sent_to_an_endpoint_that_is_gone(
    office: Session, installation: Installation
) -> None:
    endpoint = added(office)
    ask(office, installation=installation)
    job = office.scalars(select(Job).where(Job.kind == Kind.WEBHOOK)).one()
    webhooks.remove(office, workspace_id=1, endpoint_id=endpoint.id)
    office.flush()
    assert webhook_jobs.to_send(office, job=job) is None
    assert added(office).id != endpoint.id  # or what waits would be sent to another one


def test_the_number_of_a_webhook_that_was_removed_is_not_given_again(database: Database) -> None:
    with database.writing() as session:
        first = added(session).id
        webhooks.remove(session, workspace_id=1, endpoint_id=first)
    with database.writing() as session:
        assert added(session).id > first


def test_without_webhooks_nothing_is_asked_or_written(
    database: Database, installation: Installation, count_queries: CountQueries
) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)

    def statements(ts: str) -> int:
        with database.writing() as session, count_queries(database.engine) as sent:
            ask(session, installation=installation, ts=ts)
            session.flush()
        return len(sent)

    without = statements("1700000000.000100")
    with database.writing() as session:
        endpoint_id = added(session).id
    with_one = statements("1700000000.000200")
    with database.writing() as session:
        webhooks.remove(session, workspace_id=1, endpoint_id=endpoint_id)
    assert with_one == without + 3  # who there is, the job, and its place in the lane
    assert statements("1700000000.000300") == without


def test_an_event_that_nobody_is_told_of_stays_so(
    office: Session, installation: Installation
) -> None:
    added(office)
    ticket = ask(office, installation=installation).ticket
    tickets.claim(office, installation=installation, number=ticket.id, by=ANA)
    assert [event for _, event in told(office)] == [Event.CREATED]


def test_a_job_holds_neither_secret_nor_words(office: Session, installation: Installation) -> None:
    endpoint = added(office)
    ticket = ask(office, installation=installation).ticket
    who: dict[str, Any] = {"installation": installation, "number": ticket.id}
    replies.answer(office, **who, by=ANA, text="Try the other VPN.", form_key="V1")
    stored = " ".join(
        str(job.payload) for job in office.scalars(select(Job).where(Job.kind == Kind.WEBHOOK))
    )
    assert endpoint.secret not in stored
    assert "VPN" not in stored
    assert URL not in stored


def test_secrets_are_long_and_of_one_endpoint(office: Session) -> None:
    first, second = added(office), added(office)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first.secret)
    assert first.secret != second.secret


def test_what_cannot_be_added(office: Session) -> None:
    with pytest.raises(UnknownEvent, match=r"ticket\.made"):
        added(office, "ticket.made")
    for _ in range(webhooks.MOST_ENDPOINTS):
        added(office)
    with pytest.raises(TooManyEndpoints):
        added(office)


def test_enabling_and_pinging(office: Session) -> None:
    endpoint = added(office)
    with pytest.raises(NothingToDo, match="enabled already"):
        webhooks.enable(office, workspace_id=1, endpoint_id=endpoint.id)
    endpoint.disabled_at, endpoint.disabled_reason = endpoint.created_at, "it answered 410 Gone"
    office.flush()
    with pytest.raises(NothingToDo, match="disabled"):
        webhooks.ping(office, workspace_id=1, endpoint_id=endpoint.id)
    webhooks.enable(office, workspace_id=1, endpoint_id=endpoint.id)
    again = webhooks.found(office, workspace_id=1, endpoint_id=endpoint.id)
    assert not again.disabled_at
    assert not again.disabled_reason
    webhooks.ping(office, workspace_id=1, endpoint_id=endpoint.id)
    assert told(office) == [(endpoint.id, "webhook.ping")]
    with pytest.raises(UnknownEndpoint):
        webhooks.ping(office, workspace_id=1, endpoint_id=endpoint.id + 1)


def test_a_disabled_endpoint_is_told_nothing(office: Session, installation: Installation) -> None:
    endpoint = added(office)
    endpoint.disabled_at = endpoint.created_at
    office.flush()
    ask(office, installation=installation)
    assert told(office) == []


def test_old_tries_are_forgotten(office: Session) -> None:
    endpoint = added(office)
    old = endpoint.created_at - webhooks.KEPT
    for moment in (old, endpoint.created_at):
        office.add(
            WebhookDelivery(
                workspace_id=1,
                endpoint_id=endpoint.id,
                message_id="msg_1",
                event=Event.CREATED,
                attempt=1,
                status=200,
                duration_ms=5,
                created_at=moment,
            )
        )
    office.flush()
    assert webhooks.prune(office) == 1
    left = webhooks.deliveries(office, workspace_id=1, endpoint_id=endpoint.id, limit=10)
    assert [each.created_at for each in left] == [endpoint.created_at]
