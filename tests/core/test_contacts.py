"""Who is known, and who is an agent."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import contacts
from core.contacts import UnusableEmail
from core.errors import NotAnAgent
from core.installation import Installation
from storage.tables import Contact, Job, utcnow
from tests.fixtures.people import ANA, BEN, RITA, SAM, profile

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
    contacts.set_agents(office, installation=installation, user_ids=[BEN, RITA])
    assert agents(office) == {BEN, RITA}
    contacts.left_agents(office, installation=installation, user_ids=[BEN], slot="Ev1")
    assert agents(office) == {RITA}
    assert "membership:Ev1" in office.scalars(select(Job.dedupe_key)).all()
    contacts.set_agents(office, installation=installation, user_ids=[])
    assert agents(office) == set()


def test_nobody_is_an_agent_before_slack_told_who_they_are(
    office: Session, installation: Installation
) -> None:
    contacts.known(office, installation=installation, user_id=NEW)
    contacts.set_agents(office, installation=installation, user_ids=[NEW, BEN])
    assert agents(office) == {BEN}


def test_who_is_known_well_was_told_of_today(office: Session, installation: Installation) -> None:
    contacts.known(office, installation=installation, user_id=NEW)
    office.flush()
    found = contacts.known_well(office, installation=installation, user_ids=[NEW, BEN])
    assert found == {BEN}
    with time_machine.travel(utcnow() + timedelta(hours=25)):
        assert not contacts.known_well(office, installation=installation, user_ids=[BEN])


@pytest.mark.parametrize("outside", [{"is_guest": True}, {"is_external": True}])
def test_guests_and_external_people_never_are(
    office: Session, installation: Installation, outside: dict[str, bool]
) -> None:
    ana = replace(profile(ANA, "Ana"), **outside)  # type: ignore[arg-type]
    contacts.learn(office, installation=installation, profile=ana)
    assert agents(office) == {BEN}
    contacts.set_agents(office, installation=installation, user_ids=[ANA])
    assert agents(office) == set()
    with pytest.raises(NotAnAgent):
        contacts.agent(office, installation=installation, by=ANA)


def test_whose_address_it_is_and_who_may_change_it(
    office: Session, installation: Installation
) -> None:
    rita, sam, ana = (
        contacts.known(office, installation=installation, user_id=user_id)
        for user_id in (RITA, SAM, ANA)
    )
    contacts.set_email(office, rita, " Rita@Example.COM ", actor=sam)
    assert rita.email == "Rita@Example.COM".lower()
    with pytest.raises(UnusableEmail, match="only they or an agent"):
        contacts.set_email(office, rita, "sam@evil.example", actor=sam)
    with pytest.raises(UnusableEmail, match="Somebody else"):
        contacts.set_email(office, sam, "rita@example.com", actor=sam)
    contacts.set_email(office, rita, "r@example.com", actor=ana)
    contacts.set_email(office, rita, "rita@example.com", actor=rita)
    assert rita.email == "rita@example.com"
