"""Tickets: opened once, and what people may do with them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import conversation, facts, replies, threads, tickets
from core.contacts import UnusableEmail
from core.conversation import Heard
from core.errors import NotAnAgent, NothingToDo, UnknownTicket
from core.installation import Installation
from core.intake import Opened, Source
from core.jobs import Kind
from storage.database import Database
from storage.tables import (
    AuditEvent,
    Contact,
    Job,
    JobState,
    Message,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
    utcnow,
)
from tests.fixtures.database import CountQueries
from tests.fixtures.people import ANA, BEN, RITA, SAM, arrive, ask, profile

Act = Callable[..., Ticket]
STRANGER = "U0STRANGER"


def kinds_of(session: Session, ticket: Ticket) -> list[str]:
    return sorted(session.scalars(select(Job.kind).where(Job.ticket_id == ticket.id)))


def actions_on(session: Session, ticket: Ticket) -> list[tuple[str, str | None]]:
    rows = session.execute(
        select(AuditEvent.action, Contact.name)
        .outerjoin(Contact, Contact.id == AuditEvent.actor_id)
        .where(AuditEvent.ticket_id == ticket.id)
        .order_by(AuditEvent.id)
    )
    return [(action, name) for action, name in rows]


def test_a_request_becomes_a_ticket_with_all_that_follows(
    office: Session, installation: Installation
) -> None:
    opened = ask(office, installation=installation)
    ticket = opened.ticket
    assert opened.is_new
    assert (ticket.title, ticket.status) == ("The VPN is down.", Status.NEW)
    assert (ticket.triage_status, ticket.card_channel) == (TriageStatus.PENDING, "C0TRIAGE")
    assert kinds_of(office, ticket) == [Kind.CARD, Kind.RECEIPT, Kind.TRIAGE]
    assert actions_on(office, ticket) == [("opened", "Rita")]
    message = office.scalars(select(Message).where(Message.ticket_id == ticket.id)).one()
    assert message.text == ticket.raw_text == "The VPN is down.\nIt says error 809."


@pytest.mark.parametrize(
    "again",
    [
        pytest.param({"ts": "1700000000.000100"}, id="same message"),
        pytest.param({"ts": "1700000000.000200", "root_ts": "1700000000.000100"}, id="same thread"),
    ],
)
def test_a_thread_is_one_ticket(
    office: Session, installation: Installation, again: dict[str, str]
) -> None:
    first = ask(office, installation=installation)
    second = ask(office, installation=installation, **again)
    assert (second.is_new, second.ticket.id) == (False, first.ticket.id)
    assert len(kinds_of(office, first.ticket)) == 3


def test_an_external_id_is_one_ticket(office: Session, installation: Installation) -> None:
    def command(trigger: str) -> Opened:
        return ask(
            office,
            installation=installation,
            source=Source.COMMAND,
            external_id=trigger,
            channel=None,
            root_ts=None,
            ts=None,
        )

    first, again, other = command("1.2.a"), command("1.2.a"), command("1.2.b")
    assert (again.is_new, again.ticket.id) == (False, first.ticket.id)
    assert other.is_new


@pytest.mark.parametrize("external", [False, True], ids=["thread", "external id"])
def test_twenty_at_once_open_one_ticket(
    database: Database, installation: Installation, external: bool
) -> None:
    changes: dict[str, Any] = (
        {"external_id": "x", "channel": None, "root_ts": None, "ts": None} if external else {}
    )
    together = Barrier(20)

    def open_one(number: int) -> Opened:
        together.wait()
        with database.writing() as session:  # nobody is known yet, the requester neither
            return ask(session, installation=installation, **changes)

    with ThreadPoolExecutor(20) as threads:
        opened = list(threads.map(open_one, range(20)))
    assert len({each.ticket.id for each in opened}) == 1
    assert sum(each.is_new for each in opened) == 1
    with database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(t)) for t in (Ticket, Message)]
        kinds = sorted(session.scalars(select(Job.kind)))
    assert counts == [1, 1]
    assert kinds == [Kind.CARD, Kind.PROFILE, Kind.RECEIPT, Kind.TRIAGE]


def test_a_name_that_comes_late_reaches_the_receipt_that_tells_who_resolved(
    office: Session, installation: Installation
) -> None:
    new = "U0NEW"
    resolved, other = (
        ask(office, installation=installation, requester=new, ts=ts).ticket for ts in ("1.1", "2.2")
    )
    tickets.resolve(office, installation=installation, number=resolved.id, by=new)
    office.execute(update(Job).values(state=JobState.DONE))
    tickets.introduced(office, installation=installation, profile=profile(new, "Nora"))
    due = select(Job.ticket_id).where(Job.kind == Kind.RECEIPT, Job.state == JobState.PENDING)
    assert office.scalars(due).all() == [resolved.id]
    assert other.requester_id == resolved.requester_id


def test_an_edit_that_slack_brings_again_undoes_no_later_one(
    office: Session, installation: Installation
) -> None:
    ticket = ask(office, installation=installation).ticket
    assert ticket.channel is not None
    assert ticket.root_ts is not None
    place = {"channel": ticket.channel, "ts": ticket.root_ts}
    for text, edited_ts in (("one", "1700.1"), ("two", "1700.2"), ("one", "1700.1")):
        conversation.edit(
            office, installation=installation, **place, text=text, files=[], edited_ts=edited_ts
        )
    assert ticket.raw_text == "two"


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"text": "  \n\n *Help*  me\nmore"}, "*Help* me"),
        ({"text": "x" * 200}, "x" * 149 + "…"),
        ({"text": "long story", "title": " VPN\n down "}, "VPN down"),
        ({"text": "VPN", "title": "\u202e"}, "VPN"),
        ({"text": "", "files": [{"name": "a.png"}, {}]}, "Request without text: a.png, a file"),
        ({"text": "\x00"}, "Request without text"),
    ],
)
def test_titles(
    office: Session, installation: Installation, changes: dict[str, Any], title: str
) -> None:
    assert ask(office, installation=installation, **changes).ticket.title == title


def test_what_no_database_can_store_is_left_out(
    office: Session, installation: Installation
) -> None:
    text = "a\x00b \ud800\u202e" + "x" * 50_000
    ticket = ask(office, installation=installation, text=text).ticket
    office.refresh(ticket)
    assert ticket.raw_text.startswith("ab x")
    assert len(ticket.raw_text) == 40_000


def test_an_email_is_normalised_and_nobody_elses(
    office: Session, installation: Installation
) -> None:
    ticket = ask(office, installation=installation, email=" Rita@Example.COM ").ticket
    assert office.get_one(Contact, ticket.requester_id).email == "rita@example.com"
    with pytest.raises(UnusableEmail, match="Somebody else"):
        ask(office, installation=installation, ts="2.0", requester=SAM, email="rita@example.com")
    with pytest.raises(UnusableEmail, match=r"ana@example\.com"):
        ask(office, installation=installation, ts="3.0", email="rita at home")


def test_a_shortcut_is_triaged_after_its_thread_was_fetched(
    office: Session, installation: Installation
) -> None:
    opened = ask(office, installation=installation, source=Source.SHORTCUT, actor=ANA)
    assert kinds_of(office, opened.ticket) == [Kind.BACKFILL, Kind.CARD]
    assert actions_on(office, opened.ticket) == [("opened", "Ana")]


AGENTS_ONLY: list[Act] = [tickets.claim, tickets.correct, tickets.set_aside, tickets.bring_back]


@pytest.mark.parametrize("act", AGENTS_ONLY, ids=lambda act: act.__name__)
@pytest.mark.parametrize("person", [RITA, SAM, STRANGER])
def test_only_agents(office: Session, installation: Installation, act: Act, person: str) -> None:
    number = ask(office, installation=installation).ticket.id
    with pytest.raises(NotAnAgent):
        act(office, installation=installation, number=number, by=person)


OWNERS_TOO: list[Act] = [tickets.resolve, tickets.reopen]


@pytest.mark.parametrize("act", OWNERS_TOO, ids=lambda act: act.__name__)
@pytest.mark.parametrize("person", [SAM, STRANGER])
def test_nobody_elses_ticket(
    office: Session, installation: Installation, act: Act, person: str
) -> None:
    number = ask(office, installation=installation).ticket.id
    with pytest.raises(UnknownTicket):
        act(office, installation=installation, number=number, by=person)


@pytest.mark.parametrize("act", [*AGENTS_ONLY, *OWNERS_TOO], ids=lambda act: act.__name__)
def test_no_such_ticket(office: Session, installation: Installation, act: Act) -> None:
    with pytest.raises(UnknownTicket, match="#99"):
        act(office, installation=installation, number=99, by=ANA)


def test_another_workspaces_ticket_is_unknown(office: Session, installation: Installation) -> None:
    number = ask(office, installation=installation).ticket.id
    elsewhere = Installation(workspace_id=2, team_id="T2", bot_user_id="U2", triage_channel="C2")
    with pytest.raises(UnknownTicket):
        facts.of_ticket(office, installation=elsewhere, number=number)


class Play:
    """One ticket, and what people do with it by name."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self.ticket = ask(session, installation=installation).ticket

    def __call__(self, act: Act, user_id: str = ANA, **changes: Any) -> Ticket:
        before = self.ticket.version
        ticket = act(
            self.session,
            installation=self.installation,
            number=self.ticket.id,
            by=user_id,
            **changes,
        )
        self.session.flush()
        assert ticket.version > before, "the card does not show it"
        return ticket


@pytest.fixture
def play(office: Session, installation: Installation) -> Play:
    return Play(office, installation)


def test_claiming(play: Play) -> None:
    ticket = play(tickets.claim)
    assert ticket.status is Status.OPEN
    with pytest.raises(NothingToDo, match="yours already"):
        play(tickets.claim)
    assert play(tickets.claim, BEN).assignee_id != play.session.scalar(
        select(Contact.id).where(Contact.slack_user_id == ANA)
    )
    play(tickets.resolve)
    with pytest.raises(NothingToDo, match="Reopen"):
        play(tickets.claim)


def test_resolving_and_reopening(play: Play) -> None:
    with pytest.raises(NothingToDo, match="open already"):
        play(tickets.reopen)
    ticket = play(tickets.resolve, RITA)
    assert ticket.status is Status.RESOLVED
    assert ticket.resolved_at is not None
    with pytest.raises(NothingToDo, match="resolved already"):
        play(tickets.resolve)
    ticket = play(tickets.reopen, RITA)
    assert (ticket.status, ticket.resolved_at, ticket.resolved_by_id) == (Status.OPEN, None, None)
    assert [action for action, _ in actions_on(play.session, ticket)] == [
        "opened",
        "resolved",
        "reopened",
    ]


def test_setting_aside_and_bringing_back(play: Play) -> None:
    with pytest.raises(NothingToDo, match="not set aside"):
        play(tickets.bring_back)
    ticket = play(tickets.set_aside)
    assert ticket.withdrawn_at is not None
    for act in (tickets.set_aside, tickets.resolve):
        with pytest.raises(NothingToDo, match="set aside"):
            play(act)
    ticket = play(tickets.bring_back, BEN)
    assert (ticket.withdrawn_at, ticket.withdrawn_by_id) == (None, None)


def test_what_was_answered_cannot_be_set_aside(play: Play) -> None:
    replies.answer(
        play.session,
        installation=play.installation,
        number=play.ticket.id,
        by=ANA,
        text="Hello",
        form_key="V1",
    )
    with pytest.raises(NothingToDo, match="Resolve it"):
        play(tickets.set_aside)


def test_correcting(play: Play) -> None:
    ticket = play(tickets.correct, category="hardware")
    assert (ticket.category, ticket.priority) == ("hardware", TicketPriority.NORMAL)
    assert ticket.category_set_by_id is not None
    assert ticket.priority_set_by_id is None
    ticket = play(tickets.correct, BEN, priority=TicketPriority.URGENT)
    assert (ticket.category, ticket.priority) == ("hardware", TicketPriority.URGENT)
    assert actions_on(play.session, ticket)[1:] == [
        ("category_set", "Ana"),
        ("priority_set", "Ben"),
    ]


def test_many_changes_are_one_card(play: Play) -> None:
    """Until the card's job starts; then there is a second one."""

    def cards() -> list[Job]:
        wanted = Job.ticket_id == play.ticket.id, Job.kind == Kind.CARD
        return list(play.session.scalars(select(Job).where(*wanted)))

    first = cards()[0].run_at
    play(tickets.claim)
    play(tickets.correct, category="hardware")
    play.session.expire_all()
    card = cards()
    assert len(card) == 1
    assert card[0].run_at < first, "it still waits for the triage"


def test_what_a_card_needs_is_read_in_as_many_statements_for_any_conversation(
    database: Database, installation: Installation, count_queries: CountQueries
) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)
        number = ask(session, installation=installation).ticket.id

    def statements() -> int:
        with database.reading() as session, count_queries(database.engine) as sent:
            shown = facts.of_ticket(session, installation=installation, number=number)
            assert shown.ticket.requester.name == "Rita"
        return len(sent)

    few = statements()
    for second in range(9):
        with database.writing() as session:
            threads.hear(
                session,
                installation=installation,
                root_ts="1700000000.000100",
                said=Heard("C0HELP", RITA, f"170000000{second}.5", "still down"),
                card_delay=timedelta(0),
            )
    assert statements() == few <= 5


def test_the_triage_of_a_new_face_waits_for_their_name_and_no_longer(
    office: Session, installation: Installation
) -> None:
    opened = ask(office, installation=installation, requester=STRANGER).ticket
    triage = office.scalars(
        select(Job).where(Job.ticket_id == opened.id, Job.kind == Kind.TRIAGE)
    ).one()
    assert triage.run_at > utcnow()
    told = profile(STRANGER, "Stella")
    tickets.introduced(office, installation=installation, profile=told)
    office.expire(triage)
    assert triage.run_at <= utcnow()
