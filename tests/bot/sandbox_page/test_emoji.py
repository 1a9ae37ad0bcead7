"""Emoji by their names."""

from bot.sandbox.page.emoji import PICKED, drawn, emoji


def test_the_picker_offers_nothing_that_cannot_be_drawn() -> None:
    assert [name for name in PICKED if emoji(name).startswith(":")] == []
    assert len(set(PICKED)) == len(PICKED)


def test_an_unknown_name_stays_as_it_was_typed() -> None:
    assert drawn(":tada: :no_such_emoji:") == "🎉 :no_such_emoji:"
