"""Homes that are due, and how many questions to the database one takes."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import announce, contacts, conversation, home, tickets
from core.installation import Installation
from core.jobs import Kind
from storage.database import Database
from storage.repositories.lists import Claim
from storage.tables import Job, JobState, utcnow
from tests.fixtures.database import CountQueries
from tests.fixtures.people import ANA, BEN, RITA, arrive, ask, profile


def waiting(session: Session) -> list[str]:
    query = select(Job).where(Job.kind == Kind.HOME, Job.state == JobState.PENDING)
    return [f"{each.lane} {each.payload['notice']}".strip() for each in session.scalars(query)]


def test_a_home_that_is_due_already_is_published_once(office: Session) -> None:
    for slot in ("1", "2"):
        announce.home_due(office, workspace_id=1, user_id=RITA, slot=slot)
    announce.home_due(office, workspace_id=1, user_id=ANA, slot="3")
    assert waiting(office) == [f"home:{RITA}", f"home:{ANA}"]


def test_what_must_be_told_is_never_left_out(office: Session) -> None:
    announce.home_due(office, workspace_id=1, user_id=RITA, slot="1")
    announce.home_due(office, workspace_id=1, user_id=RITA, slot="2", notice="Too late")
    announce.home_due(office, workspace_id=1, user_id=RITA, slot="2", notice="Too late")
    assert waiting(office) == [f"home:{RITA}", f"home:{RITA} Too late"]


@pytest.mark.parametrize(
    ("agents", "in_private"), [([BEN], [BEN]), ([BEN], [ANA, BEN]), ([ANA, BEN], [BEN])]
)
def test_what_ana_lost_leaves_her_home_though_no_event_told_of_it(
    office: Session, installation: Installation, agents: list[str], in_private: list[str]
) -> None:
    tell = partial(contacts.set_agents, office, installation=installation)
    tell(user_ids=[ANA, BEN], in_private=[ANA, BEN])
    assert waiting(office) == []
    tell(user_ids=agents, in_private=in_private)
    assert waiting(office) == [f"home:{ANA}"]


def test_who_became_a_guest_has_their_home_published(
    office: Session, installation: Installation
) -> None:
    for is_guest in (False, True, True):
        told = replace(profile(ANA, "Ana"), is_guest=is_guest)
        contacts.learn(office, installation=installation, profile=told)
    rita = replace(profile(RITA, "Rita"), is_guest=True)
    contacts.learn(office, installation=installation, profile=rita)
    assert waiting(office) == [f"home:{ANA}"]


def test_a_title_that_was_edited_is_on_no_home_any_more(
    office: Session, installation: Installation
) -> None:
    ask(office, installation=installation)
    conversation.edit(
        office,
        installation=installation,
        channel="C0HELP",
        ts="1700000000.000100",
        text="My password does not work.",
        files=[],
    )
    assert waiting(office) == [f"home:{user}" for user in (ANA, BEN, RITA)]


@pytest.mark.parametrize("count", [1, home.SHOWN + 2])
def test_a_home_takes_as_many_questions_however_much_waits(
    database: Database, installation: Installation, count_queries: CountQueries, count: int
) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)
        for number in range(3 * count):
            asker = ANA if number < count else RITA
            ask(session, installation=installation, ts=f"17000000{number:02}.1", requester=asker)
        for number in range(count + 1, 2 * count + 1):
            tickets.claim(session, installation=installation, number=number, by=ANA)
        tickets.claim(session, installation=installation, number=1, by=BEN)
    with database.reading() as session, count_queries(database.engine) as sent:
        found = home.of_person(session, installation=installation, user_id=ANA)
    # The person, their tickets (open, resolved), the channels, and what waits by who claimed it.
    assert len(sent) == 7, sent
    assert found.work is not None
    assert {claim: some.count for claim, some in found.work.items()} == {
        Claim.NOBODY: 2 * count - 1,
        Claim.MINE: count,
        Claim.OTHERS: 1,
    }
    assert len(found.work[Claim.MINE].tickets) == min(count, home.SHOWN)
    assert found.own.count == count


def test_what_was_resolved_long_ago_is_not_there(
    office: Session, installation: Installation
) -> None:
    numbers = []
    for days in (0, 8):
        number = ask(office, installation=installation, ts=f"170000000{days}.1").ticket.id
        with time_machine.travel(utcnow() - timedelta(days=days), tick=False):
            tickets.resolve(office, installation=installation, number=number, by=RITA)
        numbers.append(number)
    found = home.of_person(office, installation=installation, user_id=RITA)
    assert [ticket.id for ticket in found.resolved] == numbers[:1]
    assert found.work is None
