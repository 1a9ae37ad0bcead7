"""A ticket in a modal, for agents who must not see it on a card that others read, too."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ContextBlock, DividerBlock, SectionBlock
from slack_sdk.models.views import View

from bot import ids
from bot.blocks.card import card
from bot.blocks.text import SECTION_LIMIT, inert, moment, mrkdwn, plain, quote
from bot.ids import Target
from core.categories import Category
from core.contacts import name_of
from core.facts import Facts
from storage.tables import utcnow

# Of the hundred that a modal takes, the card above needs some forty.
MOST_BLOCKS = 50


def ticket_view(
    facts: Facts, *, categories: Sequence[Category], link: str | None, notice: str = ""
) -> View:
    """Return the whole card as a modal. ``notice`` is what the person is told at its top."""
    shown = card(facts, categories=categories, link=link).blocks
    told = [*_said(notice), DividerBlock()] if notice else []
    return _view(facts.ticket.id, [*told, *shown, DividerBlock(), *_conversation(facts)])


def _conversation(facts: Facts) -> list[Block]:
    """All that was said, for the thread may be one that agents cannot open; the newest, if long."""
    blocks: list[Block] = []
    for message in reversed(facts.conversation):
        text = message.text or "(a file)"
        pieces = [text[at : at + SECTION_LIMIT] for at in range(0, len(text), SECTION_LIMIT)]
        if len(blocks) + len(pieces) + 1 > MOST_BLOCKS:
            break
        who = f"{inert(name_of(message.author))} · {moment(message.created_at)}"
        blocks = [ContextBlock(elements=[mrkdwn(who)]), *map(quote, pieces), *blocks]
    as_of = f"As of {moment(utcnow())}. Open it again for what comes later."
    heading = SectionBlock(text=mrkdwn("*The conversation*"))
    return [heading, *blocks, ContextBlock(elements=[mrkdwn(as_of)])]


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
