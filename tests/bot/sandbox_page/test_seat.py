"""Where somebody who opens the page, or changes places, finds themselves."""

from typing import Any

import pytest

from bot.sandbox.errors import SlackError
from bot.sandbox.outcomes import Outcome
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


def test_a_form_in_another_tab_stays_when_one_becomes_its_person(seat: Seat) -> None:
    views = seat.sandbox.workspace.views
    body = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}
    form = views.open(BEN, body)
    seat.act_as(BEN)
    assert views.top(BEN) == form
    seat.sit_down("ben", "", "")
    assert views.top(BEN) == form


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


async def test_what_failed_is_not_said_to_whoever_came_meanwhile(seat: Seat) -> None:
    async def fail() -> Outcome:
        raise SlackError("channel_not_found")

    async def change_places_and_fail() -> Outcome:
        seat.act_as(BEN)
        raise SlackError("channel_not_found")

    await seat.attempt(fail())
    assert "channel_not_found" in (seat.notice or "")
    await seat.attempt(change_places_and_fail())
    assert seat.notice is None
