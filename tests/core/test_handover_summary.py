"""The handover summary that is built in: facts alone, in a fixed order, never too long."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from core.handover import SUMMARY_LIMIT
from core.model import ModelClient
from core.offline import summarise
from core.offline.handover import Line
from core.summariser import HandoverBrief, Summariser

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def line(role: str, text: str, name: str = "Ana") -> Line:
    return Line(role=role, name=name, text=text, at=AT)


def test_who_said_what_last() -> None:
    said = [
        line("requester", "since noon"),
        line("agent", "Which system?", "Ben"),
        line("participant", "mine works", "Dee"),
        line("requester", "SAP"),
    ]
    assert (
        summarise(
            number=7,
            title="No login",
            standing="Status open, priority high, claimed by Ben",
            request="Ana cannot log in.",
            said=said,
        )
        == """#7 No login
Status open, priority high, claimed by Ben

Request: Ana cannot log in.

Ana wrote last, 2026-05-04 09:30 UTC: SAP

Ben answered last, 2026-05-04 09:30 UTC: Which system?"""
    )


def test_a_ticket_of_which_nothing_is_known_but_its_title() -> None:
    summary = summarise(number=7, title="No login", standing="New", request="No login", said=[])
    assert summary == "#7 No login\nNew\n\nNobody has answered yet."


def test_it_fits_into_its_field_however_much_was_said() -> None:
    long = "x" * 40_000
    said = [line("requester", long, "n" * 80), line("agent", long, "n" * 80)]
    summary = summarise(number=10**9, title="t" * 150, standing="s" * 150, request=long, said=said)
    assert len(summary) <= SUMMARY_LIMIT


@pytest.mark.parametrize(
    ("reads_private", "is_private", "may_read"),
    [(True, True, True), (True, False, True), (False, False, True), (False, True, False)],
)
def test_a_private_ticket_is_read_by_a_model_that_may(
    *, reads_private: bool, is_private: bool, may_read: bool
) -> None:
    client = cast("ModelClient", SimpleNamespace(name="m"))
    brief = HandoverBrief(
        number=7,
        title="No login",
        standing="New",
        assignee=None,
        request="No login",
        summary=None,
        said=[],
        is_private=is_private,
    )
    summariser = Summariser(client, masks=True, reads_private=reads_private)
    assert summariser.may_read(brief) is may_read
