"""What is noted in a transaction lasts as long as what it was read in."""

from sqlalchemy.orm import Session

from storage.memory import of_transaction


def test_a_note_lasts_as_long_as_the_transaction(session: Session) -> None:
    of_transaction(session)["who"] = "Ana"
    assert of_transaction(session) == {"who": "Ana"}


def test_a_savepoint_has_notes_of_its_own_and_takes_them_along(session: Session) -> None:
    of_transaction(session)["who"] = "Ana"
    with session.begin_nested():
        assert of_transaction(session) == {}
        of_transaction(session)["who"] = "somebody whose row may be rolled back"
    assert of_transaction(session) == {}
