"""Where somebody who opens the page, or changes places, finds themselves."""

from typing import Any

import pytest

from bot.sandbox.page.reading import Reading
from bot.sandbox.page.seat import Seat
from bot.sandbox.sample import ANA, BEN, GENERAL, HELP, TRIAGE, acme
from bot.sandbox.server import Sandbox

MANIFEST: dict[str, Any] = {"display_information": {"name": "Ticketloop"}}


@pytest.fixture
def seat() -> Seat:
    sandbox = Sandbox(MANIFEST, workspace=acme())
    return Seat(sandbox, Reading(sandbox.workspace), "help")


@pytest.mark.parametrize(
    ("person", "channel", "found"),
    [
        ("", "", (ANA, HELP)),
        ("ben", "", (BEN, HELP)),
        ("ben", "triage", (BEN, TRIAGE)),
        ("ana", "triage", (ANA, HELP)),
        ("nobody", "nowhere", (ANA, HELP)),
    ],
)
def test_the_page_opens_where_one_asks_for_help(
    seat: Seat, person: str, channel: str, found: tuple[str, str]
) -> None:
    seat.sit_down(person, channel, "")
    assert (seat.user, seat.channel) == found


def test_everybody_comes_back_to_where_they_were(seat: Seat) -> None:
    seat.look_at(GENERAL)
    seat.act_as(BEN)
    seat.look_at(TRIAGE)
    seat.act_as(ANA)
    assert seat.channel == GENERAL
    seat.act_as(BEN)
    assert seat.channel == TRIAGE


def test_a_form_does_not_wait_for_whoever_left_it(seat: Seat) -> None:
    views = seat.sandbox.workspace.views
    body = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}
    views.open(ANA, body)
    seat.act_as(BEN)
    assert views.top(ANA) is None
    views.open(ANA, body)
    seat.sit_down("ana", "", "")
    assert views.top(ANA) is None


def test_what_came_meanwhile_is_new_until_one_comes_again(seat: Seat) -> None:
    workspace = seat.sandbox.workspace
    workspace.post(HELP, BEN, "read")
    seat.settle()
    seat.look_at(GENERAL)
    news = workspace.post(HELP, BEN, "new").ts
    seat.look_at(HELP)
    assert seat.news == news
    seat.settle()
    workspace.post(HELP, BEN, "while one looks")
    seat.settle()
    assert seat.news == news
    seat.look_at(HELP)
    assert seat.news is None
