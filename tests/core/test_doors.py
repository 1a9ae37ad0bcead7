"""How much is asked of the database while Slack waits for an acknowledgement."""

from dataclasses import replace
from datetime import timedelta

from core import doors
from core.doors import Said
from core.installation import Installation
from storage.database import Database
from tests.fixtures.database import CountQueries
from tests.fixtures.people import RITA, arrive

ENOUGH = 11
MINUTES = timedelta(minutes=2)


def test_a_message_becomes_a_ticket_in_few_statements(
    database: Database, installation: Installation, count_queries: CountQueries
) -> None:
    """Fifty messages at once wait for each other: every statement delays the last by fifty."""
    said = Said("C0HELP", "1700000000.000100", None, RITA, "The VPN is down.", files=())
    with database.writing() as session:
        arrive(session, installation=installation)
    grouping = replace(installation, rules=replace(installation.rules, group_window=MINUTES))
    with database.writing() as session, count_queries(database.engine) as sent:
        doors.enter(session, installation=grouping, said=said, card_delay=timedelta(seconds=2))
        session.flush()
    assert len(sent) <= ENOUGH, "\n".join(sent)
