"""Copies of files: which are made, which are deleted, and where a card moves."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import files
from core.errors import Transient
from core.installation import Installation
from storage.tables import Job, Message, Ticket
from tests.fixtures.people import ask

FILE = {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 5, "permalink": ""}


def posted(session: Session, installation: Installation) -> tuple[Ticket, Message]:
    ticket = ask(session, installation=installation).ticket
    message = session.scalars(select(Message).where(Message.ticket_id == ticket.id)).one()
    message.files = [FILE]
    ticket.card_ts = "1.1"
    session.flush()
    return ticket, message


def begin(session: Session, installation: Installation, message: Message) -> bool:
    return files.begun(
        session,
        installation=installation,
        message_id=message.id,
        file_id="F1",
        copy_id="C1",
        card_ts="1.1",
    )


def jobs(session: Session) -> list[tuple[str, dict[str, object]]]:
    kinds = Job.kind.in_(["files", "files_gone"])
    found = session.scalars(select(Job).where(kinds).order_by(Job.lane_seq))
    return [(job.kind, job.payload) for job in found]


def test_copies_move_with_their_card(office: Session, installation: Installation) -> None:
    ticket, message = posted(office, installation)
    assert begin(office, installation, message)
    files.copies_moved(office, ticket)
    assert jobs(office) == [
        ("files_gone", {"copies": ["C1"]}),
        ("files", {"message_id": message.id}),
    ]
    assert message.file_copies == {}
    # Behind each other: what is still being made is there when it is deleted.
    assert set(lanes(office)) == {f"files:{message.id}"}


def lanes(session: Session) -> list[str | None]:
    return list(session.scalars(select(Job.lane).where(Job.kind.in_(["files", "files_gone"]))))


def test_a_file_that_was_deleted_by_itself_takes_its_copy_along(
    office: Session, installation: Installation
) -> None:
    ticket, message = posted(office, installation)
    begin(office, installation, message)
    message.files = []
    files.copies_gone(office, ticket, message)
    files.copies_gone(office, ticket, message)
    assert jobs(office) == [("files_gone", {"copies": ["C1"]})]


def test_no_copy_begins_of_what_is_gone_or_hidden(
    office: Session, installation: Installation
) -> None:
    ticket, message = posted(office, installation)
    ticket.private = True
    assert not begin(office, installation, message)
    ticket.private = False
    assert begin(office, installation, message)
    message.files = []
    office.flush()
    assert not begin(office, installation, message)


def test_no_copy_begins_while_the_card_moves(office: Session, installation: Installation) -> None:
    ticket, message = posted(office, installation)
    ticket.private = True
    discreet = replace(installation, private_triage_channel="C0PRIVATE")
    with pytest.raises(Transient):
        begin(office, discreet, message)
    ticket.card_channel = "C0PRIVATE"
    assert begin(office, discreet, message)
    ticket.card_ts = "2.2"  # posted anew, as somebody deleted it
    office.flush()
    with pytest.raises(Transient):
        begin(office, discreet, message)
