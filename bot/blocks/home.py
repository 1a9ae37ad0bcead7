"""The app's Home, as one person finds it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot import ids
from bot.blocks import wording
from bot.blocks.text import inert, moment, mrkdwn, plain
from bot.ids import Target
from core.contacts import name_of
from core.home import Home
from core.installation import Installation
from core.text import clip
from storage.repositories.lists import Claim, Some
from storage.tables import Status, Ticket, utcnow

TITLE_SHOWN = 100
CHANNELS_SHOWN = 3

_CLAIMED = {
    Claim.NOBODY: "Nobody has claimed these",
    Claim.MINE: "Claimed by you",
    Claim.OTHERS: "Claimed by others",
}


def home(shown: Home, *, installation: Installation, notice: str = "") -> View:
    """Return the Home. ``notice`` is what the person is told at its top."""
    as_of = f"As of {moment(utcnow())}. Open this tab again for what comes later."
    return View(
        type="home",
        blocks=[
            *([SectionBlock(text=plain(notice)), DividerBlock()] if notice else []),
            *_greeting(shown.channels),
            *(_work(shown.work, installation) if shown.work is not None else []),
            *_own(shown, installation),
            DividerBlock(),
            ContextBlock(elements=[mrkdwn(as_of)]),
        ],
    )


def _greeting(channels: Sequence[str]) -> list[Block]:
    places = [f"in <#{channel}>" for channel in channels[:CHANNELS_SHOWN]]
    where = ", ".join([*places, "to me under *Messages*"])
    words = (
        f"Write what you need {where}, or press the button. It becomes a ticket, and a person "
        "answers it; nothing goes out that nobody approved."
    )
    new = ButtonElement(text=plain("New ticket"), action_id=ids.NEW_TICKET, style="primary")
    return [
        HeaderBlock(text=plain("What do you need help with?")),
        SectionBlock(text=mrkdwn(words)),
        ActionsBlock(elements=[new]),
    ]


def _own(shown: Home, installation: Installation) -> list[Block]:
    def row(ticket: Ticket) -> Block:
        is_over = ticket.status is Status.RESOLVED
        label, action = ("Reopen", ids.REOPEN) if is_over else ("Resolve", ids.RESOLVE)
        link = installation.own_link(ticket)
        return _row(ticket, link, _for_requester(ticket), label, action)

    blocks = _part("Your open tickets", shown.own, row)
    if not blocks and shown.work is None:
        blocks = _nothing("You have no open tickets. What you ask for appears here.")
    if shown.resolved:
        blocks += _part("Resolved lately", Some(shown.resolved, len(shown.resolved)), row)
    return blocks


def _work(work: Mapping[Claim, Some], installation: Installation) -> list[Block]:
    def row(claim: Claim, ticket: Ticket) -> Block:
        link = installation.card_link(ticket)
        return _row(ticket, link, _for_agent(ticket, claim), "Open", ids.OPEN)

    blocks = [
        block
        for claim, heading in _CLAIMED.items()
        for block in _part(heading, work[claim], partial(row, claim))
    ]
    if work[Claim.NOBODY].tickets:
        return blocks
    nothing = "Every open ticket is claimed." if blocks else "No ticket is open."
    return [*_nothing(nothing), *blocks]


def _part(heading: str, some: Some, row: Callable[[Ticket], Block]) -> list[Block]:
    """The tickets under their heading; nothing where there are none."""
    if not some.tickets:
        return []
    rest = wording.rest(some)
    more = [ContextBlock(elements=[mrkdwn(f"{rest}: `/ticket list`")])] if rest else []
    title = SectionBlock(text=mrkdwn(f"*{heading} ({wording.total(some)})*"))
    return [DividerBlock(), title, *map(row, some.tickets), *more]


def _nothing(text: str) -> list[Block]:
    return [DividerBlock(), ContextBlock(elements=[mrkdwn(text)])]


def _row(ticket: Ticket, link: str | None, facts: str, label: str, action: str) -> Block:
    number = f"#{ticket.id}" if link is None else f"<{link}|#{ticket.id}>"
    private = " · private" if ticket.private else ""
    return SectionBlock(
        text=mrkdwn(f"{number} {inert(clip(ticket.title, TITLE_SHOWN))}\n{facts}{private}"),
        accessory=ButtonElement(
            text=plain(label),
            action_id=action,
            value=str(Target(ticket.id)),
            accessibility_label=f"{label} ticket {ticket.id}",
        ),
    )


def _for_requester(ticket: Ticket) -> str:
    if ticket.status is Status.RESOLVED and ticket.resolved_at is not None:
        return f"Resolved by {inert(name_of(ticket.resolved_by))}, {moment(ticket.resolved_at)}"
    return f"{_standing(ticket)} · asked {moment(ticket.created_at)}"


def _standing(ticket: Ticket) -> str:
    if ticket.status is Status.WAITING:
        return "Answered: write in its thread if something is missing"
    if ticket.assignee is None:
        return "We have it"
    return f"{inert(name_of(ticket.assignee))} is working on it"


def _for_agent(ticket: Ticket, claim: Claim) -> str:
    who = inert(name_of(ticket.requester))
    parts = [who, wording.short_status(ticket), f"{ticket.priority} priority"]
    if claim is Claim.OTHERS:
        parts.append(f"claimed by {inert(name_of(ticket.assignee))}")
    return " · ".join([*parts, moment(ticket.created_at)])
