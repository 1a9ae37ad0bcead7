"""The digest in the triage channel."""

from collections.abc import Sequence
from datetime import datetime

from humanize import naturaldelta
from slack_sdk.models.blocks import Block, ContextBlock, SectionBlock

from bot.blocks import wording
from bot.blocks.text import SlackMessage, inert, mrkdwn
from core.contacts import name_of
from core.digest import OLD, Digest
from core.installation import Installation
from core.text import clip
from storage.tables import Ticket

TITLE_SHOWN = 100


def digest(facts: Digest, *, installation: Installation, now: datetime) -> SlackMessage:
    """Return the numbers, and two lines for each of the oldest tickets, as many as fit."""
    lines = [_lines(ticket, installation, now) for ticket in facts.oldest]
    shown = (_digest(facts, lines[:count]) for count in range(len(lines), 0, -1))
    return next((message for message in shown if message.fits), _digest(facts, []))


def _digest(facts: Digest, lines: Sequence[str]) -> SlackMessage:
    heading = _heading(facts)
    blocks: list[Block] = [SectionBlock(text=mrkdwn(each)) for each in (heading, *lines)]
    more = facts.counts.open - len(lines)
    if more > 0:
        blocks.append(ContextBlock(elements=[mrkdwn(f"and {more} younger")]))
    return SlackMessage(text=heading.replace("*", ""), blocks=blocks)


def _heading(facts: Digest) -> str:
    counts = facts.counts
    parts = ["*1 ticket is open*" if counts.open == 1 else f"*{counts.open} tickets are open*"]
    if counts.unclaimed:
        parts.append(f"{counts.unclaimed} nobody has claimed")
    if counts.old:
        parts.append(f"{counts.old} older than {naturaldelta(OLD)}")
    return " · ".join(parts)


def _lines(ticket: Ticket, installation: Installation, now: datetime) -> str:
    number = f"#{ticket.id}"
    if link := installation.card_link(ticket) or installation.link(ticket):
        number = f"<{link}|{number}>"
    title = inert(clip(ticket.title, TITLE_SHOWN))
    requester = inert(name_of(ticket.requester))
    age = naturaldelta(now - ticket.created_at)
    return f"*{number}* {title}\n{requester} · {age} · {wording.standing(ticket)}"
