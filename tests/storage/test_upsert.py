"""Rows that are inserted unless they are there."""

import pytest
from sqlalchemy.orm import Session

from storage.repositories.contacts import workspace_of
from storage.tables import Contact, Workspace
from storage.upsert import insert_if_absent


@pytest.fixture
def workspace(session: Session) -> Workspace:
    return workspace_of(session, team_id="T0UPSERT", name="Example")


def test_one_that_was_undone_leaves_room_for_the_next(
    session: Session, workspace: Workspace
) -> None:
    """On SQLite that one has the same number."""

    def contact(name: str) -> Contact:
        made = insert_if_absent(session, Contact, workspace_id=workspace.id, name=name)
        assert made is not None
        return made

    savepoint = session.begin_nested()
    undone = contact("Eve")
    savepoint.rollback()
    made = contact("Mallory")
    session.expire_all()
    assert made is not undone
    assert session.get_one(Contact, made.id).name == "Mallory"


def test_it_is_as_if_it_had_been_read(session: Session, workspace: Workspace) -> None:
    """The object is made here, with the table's defaults; the database has the same ones."""
    made = insert_if_absent(session, Contact, workspace_id=workspace.id, slack_user_id="U0EVE")
    assert made is not None
    columns = [each.key for each in Contact.__table__.columns]
    before = {name: getattr(made, name) for name in columns}
    session.expire_all()
    assert {name: getattr(made, name) for name in columns} == before
    again = insert_if_absent(session, Contact, workspace_id=workspace.id, slack_user_id="U0EVE")
    assert again is None
