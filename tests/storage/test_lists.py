"""Lists that are put together of parts: in order, each ticket once, counted as far as is read."""

import pytest
from sqlalchemy.orm import Session

from core import contacts, tickets
from core.installation import Installation
from storage.repositories import lists
from storage.repositories.lists import Claim, Some
from storage.tables import Contact, Status, Ticket
from tests.fixtures.people import ANA, BEN, RITA, ask


@pytest.fixture
def opened(office: Session, installation: Installation) -> list[Ticket]:
    """Six tickets of Rita's; 2 and 5 are answered, 3 is resolved."""
    made = [
        ask(office, installation=installation, ts=f"170000000{number}.1").ticket
        for number in range(6)
    ]
    made[1].status = made[4].status = Status.WAITING
    tickets.resolve(office, installation=installation, number=made[2].id, by=ANA)
    office.flush()
    return made


def places(opened: list[Ticket], some: Some) -> list[int]:
    """Which of the six are in the list, by their order."""
    numbers = [ticket.id for ticket in opened]
    return [1 + numbers.index(each.id) for each in some.tickets]


def newest(session: Session, person: Contact, **changes: object) -> Some:
    values = {"only_theirs": True, "assigned_too": True, "with_private": True, "limit": 4}
    return lists.newest(
        session,
        workspace_id=1,
        contact_id=person.id,
        statuses=list(Status),
        **{**values, **changes},  # type: ignore[arg-type]
    )


def waiting(session: Session, agent: Contact, claim: Claim, limit: int = 4) -> Some:
    return lists.waiting(
        session, workspace_id=1, agent_id=agent.id, claim=claim, with_private=True, limit=limit
    )


def person(session: Session, installation: Installation, user_id: str) -> Contact:
    return contacts.known(session, installation=installation, user_id=user_id)


def test_the_newest_of_all_statuses_come_first(
    office: Session, installation: Installation, opened: list[Ticket]
) -> None:
    rita = person(office, installation, RITA)
    found = newest(office, rita)
    assert places(opened, found) == [6, 5, 4, 3]
    assert (found.count, found.has_more) == (6, False)


def test_what_an_agent_asked_for_and_works_on_is_there_once(
    office: Session, installation: Installation, opened: list[Ticket]
) -> None:
    ana = person(office, installation, ANA)
    opened[0].requester_id = opened[0].assignee_id = opened[3].assignee_id = ana.id
    office.flush()
    found = newest(office, ana)
    assert (places(opened, found), found.count) == ([4, 1], 2)


def test_what_waits_for_the_requester_comes_last(
    office: Session, installation: Installation, opened: list[Ticket]
) -> None:
    ana, ben = (person(office, installation, each) for each in (ANA, BEN))
    opened[3].assignee_id = ben.id
    office.flush()
    nobodys = waiting(office, ana, Claim.NOBODY, limit=3)
    assert (places(opened, nobodys), nobodys.count) == ([1, 6, 2], 4)
    assert places(opened, waiting(office, ana, Claim.OTHERS)) == [4]
    assert places(opened, waiting(office, ben, Claim.MINE)) == [4]
    assert places(opened, waiting(office, ana, Claim.MINE)) == []


def test_it_is_counted_only_as_far_as_somebody_reads_the_number(
    office: Session,
    installation: Installation,
    opened: list[Ticket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ana, rita = (person(office, installation, each) for each in (ANA, RITA))
    monkeypatch.setattr(lists, "COUNTED", 4)
    some = newest(office, rita, limit=2)
    assert (places(opened, some), some.count, some.has_more) == ([6, 5], 4, True)
    some = newest(office, ana, only_theirs=False, limit=2)
    assert (places(opened, some), some.count, some.has_more) == ([6, 5], 4, True)
    some = waiting(office, ana, Claim.NOBODY)
    assert (some.count, some.has_more) == (4, True)
    monkeypatch.setattr(lists, "COUNTED", 5)
    some = waiting(office, ana, Claim.NOBODY)
    assert (some.count, some.has_more) == (5, False)


def test_the_oldest_open_ones_are_in_order(office: Session, opened: list[Ticket]) -> None:
    opened[0].private = True
    office.flush()
    oldest = lists.oldest(office, workspace_id=1, limit=3)
    assert [each.id for each in oldest] == [opened[index].id for index in (1, 3, 4)]
