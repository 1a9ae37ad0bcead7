"""A ticket in a modal, for agents who must not see it on a card that others read, too."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, DividerBlock, SectionBlock
from slack_sdk.models.views import View

from bot import ids
from bot.blocks.card import card
from bot.blocks.text import plain
from bot.ids import Target
from core.categories import Category
from core.facts import Facts


def ticket_view(
    facts: Facts, *, categories: Sequence[Category], link: str | None, notice: str = ""
) -> View:
    """Return the whole card as a modal. ``notice`` is what the person is told at its top."""
    shown = card(facts, categories=categories, link=link).blocks
    return _view(facts.ticket.id, [*([*_said(notice), DividerBlock()] if notice else []), *shown])


def only_notice(number: int, notice: str) -> View:
    """Return the modal where there is nothing to show the person but why."""
    return _view(number, _said(notice))


def _said(notice: str) -> list[Block]:
    return [SectionBlock(text=plain(notice))]


def _view(number: int, blocks: list[Block]) -> View:
    return View(
        type="modal",
        callback_id=ids.TICKET_VIEW,
        title=plain(f"Ticket #{number}", 24),
        close=plain("Close"),
        private_metadata=str(Target(number)),
        blocks=blocks,
    )
