"""Lists of tickets: whose, and with how many questions to the database."""

import pytest

from core import overview, tickets
from core.installation import Installation
from core.overview import SHOWN_TICKETS, Which
from storage.database import Database
from tests.fixtures.database import CountQueries
from tests.fixtures.people import ANA, RITA, SAM, arrive, ask


@pytest.mark.parametrize("count", [1, SHOWN_TICKETS + 5])
def test_a_list_is_one_question_however_long_it_is(
    database: Database, installation: Installation, count_queries: CountQueries, count: int
) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)
        for number in range(count):
            asker = RITA if number % 2 else SAM
            ask(session, installation=installation, ts=f"17000000{number:02}.1", requester=asker)
    with database.reading() as session, count_queries(database.engine) as sent:
        listed = overview.listed(session, installation=installation, user_id=ANA, which=Which.ALL)
        names = {ticket.requester.name for ticket in listed.newest.tickets}
    assert len(sent) == 2, sent  # who asks, and the tickets with their requesters
    assert listed.newest.count == count
    assert len(listed.newest.tickets) == min(count, SHOWN_TICKETS)
    assert names <= {"Rita", "Sam"}
    numbers = [ticket.id for ticket in listed.newest.tickets]
    assert numbers == sorted(numbers, reverse=True)


def test_a_claimed_ticket_is_its_agent_s(database: Database, installation: Installation) -> None:
    with database.writing() as session:
        arrive(session, installation=installation)
        for number in range(2):
            ask(session, installation=installation, ts=f"170000000{number}.1")
        tickets.claim(session, installation=installation, number=2, by=ANA)
        listed = overview.listed(session, installation=installation, user_id=ANA, which=Which.MINE)
    assert [ticket.id for ticket in listed.newest.tickets] == [2]
