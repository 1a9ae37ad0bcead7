"""Who is known, and who is an agent."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import contacts
from core.errors import NotAnAgent
from core.installation import Installation
from storage.tables import Contact, Job
from tests.fixtures.people import ANA, BEN, RITA, profile

NEW = "U0NEW"


def agents(session: Session) -> set[str | None]:
    session.flush()
    return set(session.scalars(select(Contact.slack_user_id).where(Contact.is_agent)))


def test_a_new_face_has_its_name_fetched_once(office: Session, installation: Installation) -> None:
    for _ in "12":
        contact = contacts.known(office, installation=installation, user_id=NEW)
    assert contacts.name_of(contact) == "somebody"
    assert office.scalars(select(Job.payload)).all() == [{"user_id": NEW}]
    contacts.learn(office, installation=installation, profile=profile(NEW, " Nia\n\x00 N "))
    assert contacts.name_of(contact) == "Nia N"


def test_agents_are_exactly_those_in_the_triage_channel(
    office: Session, installation: Installation
) -> None:
    assert agents(office) == {ANA, BEN}
    people = [profile(BEN, "Ben"), profile(RITA, "Rita")]
    contacts.set_agents(office, installation=installation, profiles=people)
    assert agents(office) == {BEN, RITA}
    contacts.left_triage(office, installation=installation, user_id=BEN)
    assert agents(office) == {RITA}
    contacts.set_agents(office, installation=installation, profiles=[])
    assert agents(office) == set()


@pytest.mark.parametrize("outside", [{"is_guest": True}, {"is_external": True}])
def test_guests_and_external_people_never_are(
    office: Session, installation: Installation, outside: dict[str, bool]
) -> None:
    ana = replace(profile(ANA, "Ana"), **outside)  # type: ignore[arg-type]
    contacts.learn(office, installation=installation, profile=ana)
    assert agents(office) == {BEN}
    contacts.set_agents(office, installation=installation, profiles=[ana])
    assert agents(office) == set()
    with pytest.raises(NotAnAgent):
        contacts.agent(office, installation=installation, user_id=ANA)
