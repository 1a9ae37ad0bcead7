"""What a composer suggests."""

from bot.sandbox.manifest import Command
from bot.sandbox.page.hints import Hint, hints
from bot.sandbox.page.reader import Reader
from bot.sandbox.sample import GUS, acme


def test_commands_people_and_ones_own_channels_are_suggested() -> None:
    commands = {"/ticket": Command("/ticket", "Open a ticket", "[what you need]")}
    found = hints(Reader(acme(), GUS), commands)
    assert found[0] == Hint("/ticket", "Open a ticket", "[what you need]")
    assert [hint.text for hint in found[1:]] == [
        *("@ana", "@ben", "@cy", "@dee", "@fay", "@gus", "@ticketloop"),
        "#help",
    ]


def test_people_are_found_by_any_part_of_their_name() -> None:
    assert "okafor" in Hint("@ben", "Ben Okafor").found_by
