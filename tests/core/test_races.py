"""Two transactions at the same moment: the second knows what the first one did."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import contacts, conversation, joining, threads, tickets, webhook_jobs, webhooks
from core.contacts import Profile
from core.conversation import Heard
from core.desk import Desk
from core.installation import Installation
from core.intake import Source
from core.jobs import Kind
from core.webhook_jobs import Try
from storage.database import Database
from storage.repositories import webhooks as endpoints
from storage.tables import Contact, Job, Message, Ticket, WebhookEndpoint, utcnow
from tests.fixtures.database import overlap
from tests.fixtures.people import AGENTS, ANA, RITA, ask

DIRECT = {"channel": "D0RITA", "source": Source.DIRECT}
LATER = "1700000001.000200"


@pytest.fixture
def asked(staffed: Desk, installation: Installation) -> Database:
    """A desk with Rita's ticket #1, and a message that she wrote after it, which joined it."""
    with staffed.database.writing() as session:
        ask(session, installation=installation, **DIRECT)
        author = contacts.known(session, installation=installation, user_id=RITA)
        said = Heard("D0RITA", RITA, LATER, "my password is 1234")
        assert joining.join_direct(session, installation=installation, author=author, said=said)
    return staffed.database


@pytest.fixture
def split(asked: Database, installation: Installation) -> Callable[..., Any]:
    """Make what she wrote later ticket #2."""
    with asked.reading() as session:
        message_id = session.scalars(select(Message.id).where(Message.ts == LATER)).one()
    return partial(
        joining.split,
        installation=installation,
        number=1,
        message_id=message_id,
        user_id=RITA,
        card_delay=timedelta(0),
    )


def ticket(database: Database, number: int) -> Ticket:
    with database.reading() as session:
        return session.get_one(Ticket, number)


def test_what_is_deleted_while_it_becomes_a_ticket(
    asked: Database, installation: Installation, split: Callable[..., Any]
) -> None:
    delete = partial(conversation.delete, installation=installation, channel="D0RITA", ts=LATER)
    overlap(asked, split, delete)
    made = ticket(asked, 2)
    assert (made.title, made.raw_text) == (conversation.DELETED, "")
    assert "VPN" in ticket(asked, 1).raw_text


def test_what_is_edited_while_it_becomes_a_ticket(
    asked: Database, installation: Installation, split: Callable[..., Any]
) -> None:
    edit = partial(
        conversation.edit,
        installation=installation,
        channel="D0RITA",
        ts=LATER,
        text="my password is secret",
        files=(),
    )
    overlap(asked, split, edit)
    assert ticket(asked, 2).raw_text == "my password is secret"


def test_what_is_said_below_it_while_it_becomes_a_ticket(
    asked: Database, installation: Installation, split: Callable[..., Any]
) -> None:
    hear = partial(
        threads.hear,
        installation=installation,
        root_ts=LATER,
        said=Heard("D0RITA", RITA, "1700000002.000300", "the new one"),
        card_delay=timedelta(0),
    )
    heard = overlap(asked, split, hear)
    assert heard.ticket is not None
    assert heard.ticket.id == 2


def test_what_is_said_while_its_ticket_is_set_aside(
    asked: Database, installation: Installation
) -> None:
    def join(session: Session) -> bool:
        author = contacts.known(session, installation=installation, user_id=RITA)
        said = Heard("D0RITA", RITA, "1700000002.000300", "and my mouse is dead")
        return joining.join_direct(session, installation=installation, author=author, said=said)

    set_aside = partial(tickets.set_aside, installation=installation, number=1, by=ANA)
    assert not overlap(asked, set_aside, join)


def is_agent(database: Database, user_id: str) -> bool:
    with database.reading() as session:
        query = select(Contact.is_agent).where(Contact.slack_user_id == user_id)
        return session.scalars(query).one()


def test_who_becomes_a_guest_while_the_agents_are_listed(
    staffed: Desk, installation: Installation
) -> None:
    listed = partial(contacts.set_agents, installation=installation, user_ids=[*AGENTS, RITA])
    guest = Profile(user_id=RITA, name="Rita", is_guest=True, is_external=False)
    overlap(
        staffed.database, listed, partial(contacts.learn, installation=installation, profile=guest)
    )
    assert not is_agent(staffed.database, RITA)


def test_who_leaves_while_the_agents_are_listed(staffed: Desk, installation: Installation) -> None:
    """Slack was asked before she left, so that list has not the last word."""
    left = partial(contacts.left_agents, installation=installation, user_ids=[ANA], slot="left")
    listed = partial(
        contacts.set_agents, installation=installation, user_ids=AGENTS, as_of=utcnow()
    )
    overlap(staffed.database, left, listed)
    assert not is_agent(staffed.database, ANA)


def test_an_endpoint_that_says_to_two_at_once_that_it_is_gone(
    staffed: Desk, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each notes its try and disables it; on PostgreSQL they do not wait for each other."""
    database = staffed.database
    with database.writing() as session:
        webhooks.add(session, workspace_id=1, url="https://x.example", events=(), private=False)
        for number in (1, 2):
            ask(session, installation=installation, ts=f"170000000{number}.000100")
    with database.reading() as session:
        due = session.scalars(select(Job).where(Job.kind == Kind.WEBHOOK)).all()
    locked, both = endpoints.locked, Barrier(2)
    waits = {0, 1} if not database.is_sqlite else set()

    def in_step(session: Session, **kwargs: Any) -> WebhookEndpoint | None:
        session.flush()
        if waits:
            waits.pop()
            both.wait(10)
        return locked(session, **kwargs)

    monkeypatch.setattr(endpoints, "locked", in_step)
    told = Try(status=410, duration_ms=1, error="410 Gone")

    def gone(job: Job) -> None:
        with database.writing() as session:
            webhook_jobs.gone(session, job=job, tried=told)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(gone, due))
    with database.reading() as session:
        assert session.scalars(select(WebhookEndpoint.disabled_at)).one() is not None
