"""Names, days and roles as a reader sees them."""

from datetime import date

import pytest

from bot.sandbox.page.avatar import initials
from bot.sandbox.page.reader import Reader, day_name, role
from bot.sandbox.records import Person
from bot.sandbox.sample import ANA, BEN, GUS, acme


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 8, 5), "Today"),
        (date(2026, 8, 4), "Yesterday"),
        (date(2026, 8, 3), "Monday, 3 August"),
        (date(2025, 12, 31), "Wednesday, 31 December 2025"),
    ],
)
def test_days_have_names(day: date, name: str) -> None:
    assert day_name(day, today=date(2026, 8, 5)) == name


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person(BEN, "ben", "Ben"), "Agent"),
        (Person(ANA, "ana", "Ana"), "Requester"),
        (Person(BEN, "ben", "Ben", is_restricted=True), "Guest"),
        (Person(BEN, "ben", "Ben", is_stranger=True), "Other company"),
        (Person("U1", "desk", "Desk", is_bot=True), "App"),
    ],
)
def test_everybody_has_a_role(person: Person, expected: str) -> None:
    assert role(person, agents=frozenset({BEN})) == expected


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Alvarez", "AA"), ("Ticketloop", "T"), ("Ana Maria de Souza", "AS"), ("", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_guest_sees_only_their_channels() -> None:
    assert [channel.name for channel in Reader(acme(), GUS).channels] == ["help"]
    assert [channel.name for channel in Reader(acme(), BEN).channels] == [
        "general",
        "help",
        "triage",
    ]
