"""The card in the triage channel: a ticket as agents see it and work on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    Option,
    OverflowMenuElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.blocks.block_elements import InteractiveElement

from bot import ids
from bot.blocks import wording
from bot.blocks.text import (
    HEADER_LIMIT,
    SlackMessage,
    first_that_fits,
    inert,
    moment,
    mrkdwn,
    plain,
    quote,
)
from bot.ids import Target
from core.categories import Category
from core.contacts import name_of
from core.facts import Facts
from core.text import clip
from storage.tables import (
    Delivery,
    Reply,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
)


@dataclass(frozen=True)
class Room:
    """How much of each text is shown, in characters; the draft is always shown whole.

    ``summary`` is for the question, too.
    """

    summary: int
    short: int
    newest_reply: int
    handover: int
    replies: int = 3


# The first in which the card fits.
ROOMS = (
    Room(1_000, 500, 3_000, 3_000),
    Room(1_000, 300, 1_000, 1_000),
    Room(300, 100, 200, 300),
    Room(150, 50, 50, 100, replies=1),
    Room(20, 20, 20, 20, replies=1),
)


def hidden(ticket: Ticket) -> SlackMessage:
    """Return the card of a private ticket where people read it who must not: number and Open."""
    text = f"#{ticket.id} Private ticket · {wording.short_status(ticket)}"
    return SlackMessage(
        text=text,
        blocks=[
            SectionBlock(text=mrkdwn(text), accessory=_button("Open", ids.OPEN, Target(ticket.id)))
        ],
    )


def card(facts: Facts, *, categories: Sequence[Category], link: str | None) -> SlackMessage:
    """Return the card as it must look now. ``link`` leads to the requester's message."""
    ticket = facts.ticket
    if ticket.withdrawn_at is not None:
        return _set_aside(ticket)
    if ticket.status is Status.RESOLVED:
        return _resolved(facts, categories)
    return first_that_fits(_open(facts, categories, link, room) for room in ROOMS)


def _open(
    facts: Facts, categories: Sequence[Category], link: str | None, room: Room
) -> SlackMessage:
    ticket = facts.ticket
    blocks: list[Block] = [
        HeaderBlock(text=plain(f"#{ticket.id} {ticket.title}", HEADER_LIMIT)),
        ContextBlock(elements=[mrkdwn(wording.origin(ticket, link))]),
        SectionBlock(text=mrkdwn(f"*Status:* {wording.standing(ticket)}")),
        *_handover(facts, room),
        *_request(facts, room),
        _selects(ticket, categories),
        *_triage(facts, room),
        *_said_since(facts, room),
        *_replies(facts.replies, room),
        ActionsBlock(block_id=f"card_{ticket.id}", elements=_buttons(facts)),
    ]
    return SlackMessage(text=wording.whole(facts), blocks=blocks)


def _handover(facts: Facts, room: Room) -> list[Block]:
    if not facts.ticket.is_transferred:
        return []
    blocks: list[Block] = [SectionBlock(text=mrkdwn(wording.handover(facts)))]
    if facts.ticket.handover_summary:
        blocks.append(quote(clip(facts.ticket.handover_summary, room.handover)))
    return blocks


def _request(facts: Facts, room: Room) -> list[Block]:
    """The summary where it says more than the title, or before the triage the request itself."""
    if facts.is_deleted:
        return [SectionBlock(text=mrkdwn("*The requester deleted this request.*"))]
    blocks: list[Block] = []
    if facts.result is not None and facts.result.summary != facts.ticket.title:
        blocks.append(SectionBlock(text=mrkdwn("*Summary*")))
        blocks.append(SectionBlock(text=plain(facts.result.summary, room.summary)))
    if facts.edited_at is not None:
        edited = f"*The request was edited after the triage*, {moment(facts.edited_at)}"
        blocks.append(SectionBlock(text=mrkdwn(edited)))
    if facts.result is None or facts.edited_at is not None:
        blocks.append(quote(clip(facts.ticket.raw_text or "(no text)", room.short)))
    if facts.files:
        blocks.append(ContextBlock(elements=[mrkdwn(wording.file_names(facts.files))]))
    return blocks


def _selects(ticket: Ticket, categories: Sequence[Category]) -> Block:
    category_options = [
        Option(text=plain(category.label, 75), value=str(Target(ticket.id, verb=category.key)))
        for category in categories
    ]
    priority_options = [
        Option(text=plain(priority.capitalize()), value=str(Target(ticket.id, verb=priority)))
        for priority in TicketPriority
    ]
    return ActionsBlock(
        block_id=f"facts_{ticket.id}",
        elements=[
            StaticSelectElement(
                action_id=ids.CATEGORY,
                placeholder=plain("Category"),
                options=category_options,
                initial_option=_chosen(category_options, ticket.category),
            ),
            StaticSelectElement(
                action_id=ids.PRIORITY,
                placeholder=plain("Priority"),
                options=priority_options,
                initial_option=_chosen(priority_options, ticket.priority),
            ),
            _overflow(ids.TICKET_MENU, _whole_ticket(ticket)),
        ],
    )


def _whole_ticket(ticket: Ticket) -> list[tuple[str, Target]]:
    """What concerns the ticket as a whole, behind dots of its own."""
    options = [("Hand over", Target(ticket.id, verb=ids.HAND_OVER))]
    if not ticket.private:
        options.append(("Make private", Target(ticket.id, verb=ids.MAKE_PRIVATE)))
    return options


def _overflow(action: str, options: Sequence[tuple[str, Target]]) -> OverflowMenuElement:
    return OverflowMenuElement(
        action_id=action,
        options=[Option(text=plain(label), value=str(target)) for label, target in options],
    )


def _chosen(options: Sequence[Option], verb: str | None) -> Option | None:
    return next(
        (option for option in options if Target.parse(option.value or "").verb == verb), None
    )


def _triage(facts: Facts, room: Room) -> list[Block]:
    ticket, result = facts.ticket, facts.result
    blocks: list[Block] = []
    if ticket.triage_status is not TriageStatus.COMPLETED:
        blocks.append(SectionBlock(text=mrkdwn(wording.triage_state(ticket))))
    if result is None:
        return blocks
    if result.question and result.question not in result.reply_draft:
        blocks.append(SectionBlock(text=mrkdwn("*Missing*")))
        blocks.append(SectionBlock(text=plain(result.question, room.summary)))
    if facts.draft is not None:
        blocks.append(SectionBlock(text=mrkdwn("*Reply draft* (sent only if you approve it)")))
        blocks.append(quote(result.reply_draft))
    blocks.append(ContextBlock(elements=[mrkdwn(wording.provenance(result))]))
    return blocks


def _said_since(facts: Facts, room: Room) -> list[Block]:
    answered = max((each.message_id for each in facts.replies if not each.taken_back_at), default=0)
    since = [each for each in facts.said_since if each.id > answered]
    if not since:
        return []
    newest, count = since[-1], len(since)
    heading = "*The requester wrote more*" + (f" (the newest of {count})" if count > 1 else "")
    blocks = [
        SectionBlock(text=mrkdwn(f"{heading}, {moment(newest.created_at)}")),
        quote(clip(newest.text or "(a file)", room.short)),
    ]
    if facts.is_outdated and facts.ticket.triage_status in _TRIAGED:
        hint = "The triage does not know this yet: Regenerate makes a new one."
        blocks.append(ContextBlock(elements=[mrkdwn(hint)]))
    return blocks


def _replies(replies: Sequence[Reply], room: Room) -> list[Block]:
    blocks: list[Block] = []
    for reply in reversed(replies[: room.replies]):
        blocks.append(SectionBlock(text=mrkdwn(wording.delivery(reply))))
        shown = room.newest_reply if reply is replies[0] else room.short
        blocks.append(quote(clip(reply.text, shown)))
    return blocks


def _undelivered(facts: Facts) -> Reply | None:
    return _newest(facts, lambda reply: reply.delivery is Delivery.FAILED)


def _newest(facts: Facts, fits: Callable[[Reply], bool]) -> Reply | None:
    """The newest such reply that was not taken back."""
    standing = (reply for reply in facts.replies if reply.taken_back_at is None)
    return next((reply for reply in standing if fits(reply)), None)


def _buttons(facts: Facts) -> list[InteractiveElement]:
    """Three buttons at most, and the rest behind the dots."""
    ticket, draft, undelivered = facts.ticket, facts.draft, _undelivered(facts)
    number = ticket.id
    buttons: list[InteractiveElement] = []
    if undelivered is not None:
        buttons.append(_button("Retry", ids.RETRY, Target(number, undelivered.id)))
    elif draft is not None:
        buttons.append(_button("Approve", ids.APPROVE, Target(number, draft.id), style="primary"))
    elif ticket.triage_status is TriageStatus.FAILED and facts.result is None:
        buttons.append(_button("Try again", ids.TRY_AGAIN, Target(number)))
    shown = facts.replies[0].message_id if facts.replies else 0
    buttons.append(_button("Reply", ids.REPLY, Target(number, shown)))
    buttons.append(_button("Resolve", ids.RESOLVE, Target(number)))
    buttons.append(_overflow(ids.MORE, _more(facts)))
    return buttons


_TRIAGED = frozenset({TriageStatus.COMPLETED, TriageStatus.FAILED})


def _more(facts: Facts) -> list[tuple[str, Target]]:
    number, draft = facts.ticket.id, facts.draft
    options = []
    if draft is not None:
        options.append(("Edit", Target(number, draft.id, ids.EDIT)))
    if facts.result is not None and facts.ticket.triage_status in _TRIAGED:
        options.append(("Regenerate", Target(number, verb=ids.REGENERATE)))
    options.append(("Claim", Target(number, facts.ticket.assignee_id or 0, ids.CLAIM)))
    sent = _newest(facts, lambda reply: not reply.is_own_message)
    if sent is not None:
        options.append(("Take back", Target(number, sent.id, ids.TAKE_BACK)))
    elif not facts.replies:
        options.append(("Not a ticket", Target(number, verb=ids.NOT_A_TICKET)))
    return options


def _button(label: str, action: str, target: Target, style: str | None = None) -> ButtonElement:
    return ButtonElement(
        text=plain(label),
        action_id=action,
        value=str(target),
        style=style,
        accessibility_label=f"{label} ticket {target.number}",
    )


def _resolved(facts: Facts, categories: Sequence[Category]) -> SlackMessage:
    """Two lines, and what went wrong if something did."""
    ticket = facts.ticket
    label = next((each.label for each in categories if each.key == ticket.category), "no category")
    by = inert(name_of(ticket.resolved_by))
    when = moment(ticket.resolved_at) if ticket.resolved_at else ""
    last = _newest(facts, lambda _: True)
    answered = f"answered by {inert(name_of(last.approved_by))}" if last else "without an answer"
    again = " · *the requester wrote after that*" if wording.wrote_after(facts) else ""
    blocks: list[Block] = [
        SectionBlock(
            text=mrkdwn(f"*Resolved · #{ticket.id}* {inert(ticket.title)}"),
            accessory=_button("Reopen", ids.REOPEN, Target(ticket.id)),
        ),
        ContextBlock(
            elements=[
                mrkdwn(
                    f"From {inert(name_of(ticket.requester))} · {inert(label)} · "
                    f"{ticket.priority} · {answered} · resolved by {by} {when}{again}"
                )
            ]
        ),
    ]
    undelivered = _undelivered(facts)
    if undelivered is not None:
        blocks.append(
            SectionBlock(
                text=mrkdwn(wording.delivery(undelivered)),
                accessory=_button("Retry", ids.RETRY, Target(ticket.id, undelivered.id)),
            )
        )
    return SlackMessage(text=wording.whole(facts), blocks=blocks)


def _set_aside(ticket: Ticket) -> SlackMessage:
    by = inert(name_of(ticket.withdrawn_by))
    undo = None
    if ticket.withdrawn_by_id == ticket.requester_id:  # there is nothing left to go back to
        heading, words = f"*Withdrawn · #{ticket.id}*", f"{by} deleted the request"
    else:
        undo = _button("Undo", ids.UNDO, Target(ticket.id))
        heading = f"*Not a ticket · #{ticket.id}* {inert(ticket.title)}"
        words = f"Set aside by {by}"
    text = f"{heading}\n{words}"
    return SlackMessage(
        text=f"{heading}. {words}.".replace("*", ""),
        blocks=[SectionBlock(text=mrkdwn(text), accessory=undo)],
    )
