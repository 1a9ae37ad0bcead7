"""The card in the triage channel: a ticket as agents see it and work on it."""

from collections.abc import Sequence

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
from bot.blocks.text import (
    HEADER_LIMIT,
    SlackMessage,
    inert,
    moment,
    mrkdwn,
    plain,
    quote,
)
from bot.ids import Target
from core.categories import Category
from core.contacts import name_of
from core.text import clip
from core.tickets import Facts
from storage.tables import (
    Delivery,
    Message,
    Reply,
    Result,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
)

STATUS = {
    Status.NEW: "New",
    Status.OPEN: "Open",
    Status.WAITING: "Answered, waiting for the requester",
    Status.RESOLVED: "Resolved",
}
SHORT_TEXT = 500
FILES_SHOWN = 10


def card(facts: Facts, *, categories: Sequence[Category], link: str | None) -> SlackMessage:
    """Return the card as it must look now. ``link`` leads to the requester's message."""
    ticket = facts.ticket
    if ticket.withdrawn_at is not None:
        return _set_aside(ticket)
    if ticket.status is Status.RESOLVED:
        return _resolved(facts, categories)
    blocks: list[Block] = [
        HeaderBlock(text=plain(f"#{ticket.id} {ticket.title}", HEADER_LIMIT)),
        ContextBlock(elements=[mrkdwn(_origin(ticket, link))]),
        SectionBlock(text=mrkdwn(f"*Status:* {_standing(ticket)}")),
        *_request(facts),
        _selects(ticket, categories),
        *_triage(facts),
        *_said_since(facts.said_since),
        *_replies(facts.replies),
        ActionsBlock(block_id=f"card_{ticket.id}", elements=_buttons(facts)),
    ]
    return SlackMessage(text=_alone(facts), blocks=blocks)


def _origin(ticket: Ticket, link: str | None) -> str:
    parts = [f"From {inert(name_of(ticket.requester))}", f"opened {moment(ticket.created_at)}"]
    if link is not None:
        parts.append(f"<{link}|View message>")
    return " · ".join(parts)


def _standing(ticket: Ticket) -> str:
    if ticket.assignee is None:
        return f"{STATUS[ticket.status]} · nobody has claimed it"
    return f"{STATUS[ticket.status]} · claimed by {inert(name_of(ticket.assignee))}"


def _request(facts: Facts) -> list[Block]:
    """The summary where it says more than the title, or before the triage the request itself."""
    blocks: list[Block] = []
    if facts.result is None:
        blocks.append(quote(clip(facts.ticket.raw_text or "(no text)", SHORT_TEXT)))
    elif facts.result.summary != facts.ticket.title:
        blocks.append(SectionBlock(text=mrkdwn("*Summary*")))
        blocks.append(SectionBlock(text=plain(facts.result.summary)))
    if facts.files:
        blocks.append(ContextBlock(elements=[mrkdwn(_files(facts))]))
    return blocks


def _files(facts: Facts) -> str:
    names = [inert(clip(str(file.get("name") or "a file"), 80)) for file in facts.files]
    more = f" and {len(names) - FILES_SHOWN} more" if len(names) > FILES_SHOWN else ""
    return "Files: " + ", ".join(names[:FILES_SHOWN]) + more


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
        ],
    )


def _chosen(options: Sequence[Option], verb: str | None) -> Option | None:
    return next(
        (option for option in options if Target.parse(option.value or "").verb == verb), None
    )


def _triage(facts: Facts) -> list[Block]:
    ticket, result = facts.ticket, facts.result
    blocks: list[Block] = []
    if ticket.triage_status is not TriageStatus.COMPLETED:
        blocks.append(SectionBlock(text=mrkdwn(_triage_state(ticket))))
    if result is None:
        return blocks
    if result.question:
        blocks.append(SectionBlock(text=mrkdwn("*Missing*")))
        blocks.append(SectionBlock(text=plain(result.question)))
    if facts.draft is not None:
        blocks.append(SectionBlock(text=mrkdwn("*Reply draft* (sent only if you approve it)")))
        blocks.append(quote(result.reply_draft))
    blocks.append(ContextBlock(elements=[mrkdwn(_provenance(result))]))
    return blocks


def _triage_state(ticket: Ticket) -> str:
    if ticket.triage_status is TriageStatus.FAILED:
        return (
            f"*Triage failed:* the model gave no usable answer: {inert(ticket.triage_error or '')}."
        )
    if ticket.triage_error:
        return (
            f"*Triage waits for the model:* {inert(ticket.triage_error)}. It is tried again by "
            "itself; answer by hand if it is urgent."
        )
    return "*Triage under way.* Reply, Claim and Resolve work already."


def _provenance(result: Result) -> str:
    confidence = f"confidence {round(result.confidence * 100)}%"
    if result.model == "offline":
        return f"By the built-in offline triage: from wording alone, without a model · {confidence}"
    return (
        f"By {inert(result.model)} · prompt {inert(result.prompt_version)} · {confidence} "
        f"· language {inert(result.language)}"
    )


def _said_since(messages: Sequence[Message]) -> list[Block]:
    if not messages:
        return []
    newest = messages[-1]
    count = "" if len(messages) == 1 else f" (the newest of {len(messages)})"
    text = newest.text or "(a file)"
    return [
        SectionBlock(
            text=mrkdwn(f"*The requester wrote since*{count}, {moment(newest.created_at)}")
        ),
        quote(clip(text, SHORT_TEXT)),
    ]


def _replies(replies: Sequence[Reply]) -> list[Block]:
    blocks: list[Block] = []
    for reply in reversed(replies):
        blocks.append(SectionBlock(text=mrkdwn(_sent(reply))))
        blocks.append(quote(clip(reply.text, SHORT_TEXT if reply is not replies[0] else 3_000)))
    return blocks


def _sent(reply: Reply) -> str:
    by = inert(name_of(reply.approved_by))
    how = "approved the draft" if reply.result_id is not None else "answered"
    if reply.delivery is Delivery.SENT and reply.sent_at is not None:
        return f"*Sent:* {by} {how}, delivered {moment(reply.sent_at)}"
    if reply.delivery is Delivery.FAILED:
        return (
            f"*NOT DELIVERED:* {by} {how} {moment(reply.approved_at)}, but "
            f"{inert(reply.delivery_error or 'Slack did not take it')}"
        )
    return f"*Approved, not yet sent:* {by} {how} {moment(reply.approved_at)}"


def _undelivered(facts: Facts) -> Reply | None:
    return next((reply for reply in facts.replies if reply.delivery is Delivery.FAILED), None)


def _buttons(facts: Facts) -> list[InteractiveElement]:
    """Three buttons at most, and the rest behind the dots."""
    ticket, draft, undelivered = facts.ticket, facts.draft, _undelivered(facts)
    number = ticket.id
    buttons: list[InteractiveElement] = []
    if undelivered is not None:
        buttons.append(_button("Retry", ids.RETRY, Target(number, undelivered.id)))
    elif draft is not None:
        buttons.append(_button("Approve", ids.APPROVE, Target(number, draft.id), style="primary"))
    elif ticket.triage_status is TriageStatus.FAILED:
        buttons.append(_button("Try again", ids.TRY_AGAIN, Target(number)))
    buttons.append(_button("Reply", ids.REPLY, Target(number)))
    buttons.append(_button("Resolve", ids.RESOLVE, Target(number)))
    buttons.append(OverflowMenuElement(action_id=ids.MORE, options=_more(facts)))
    return buttons


def _more(facts: Facts) -> list[Option]:
    number, draft = facts.ticket.id, facts.draft
    options = []
    if draft is not None:
        options.append(("Edit", Target(number, draft.id, ids.EDIT)))
    if facts.ticket.triage_status is TriageStatus.COMPLETED:
        options.append(("Regenerate", Target(number, verb=ids.REGENERATE)))
    options.append(("Claim", Target(number, verb=ids.CLAIM)))
    options.append(("Not a ticket", Target(number, verb=ids.NOT_A_TICKET)))
    return [Option(text=plain(label), value=str(target)) for label, target in options]


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
    answered = (
        f"answered by {inert(name_of(facts.replies[0].approved_by))}"
        if facts.replies
        else "without an answer"
    )
    blocks: list[Block] = [
        SectionBlock(
            text=mrkdwn(f"*Resolved · #{ticket.id}* {inert(ticket.title)}"),
            accessory=_button("Reopen", ids.REOPEN, Target(ticket.id)),
        ),
        ContextBlock(
            elements=[
                mrkdwn(
                    f"From {inert(name_of(ticket.requester))} · {inert(label)} · "
                    f"{ticket.priority} · {answered} · resolved by {by} {when}"
                )
            ]
        ),
    ]
    undelivered = _undelivered(facts)
    if undelivered is not None:
        blocks.append(
            SectionBlock(
                text=mrkdwn(_sent(undelivered)),
                accessory=_button("Retry", ids.RETRY, Target(ticket.id, undelivered.id)),
            )
        )
    return SlackMessage(text=_alone(facts), blocks=blocks)


def _set_aside(ticket: Ticket) -> SlackMessage:
    by = inert(name_of(ticket.withdrawn_by))
    text = f"*Not a ticket · #{ticket.id}* {inert(ticket.title)}\nSet aside by {by}"
    undo = _button("Undo", ids.UNDO, Target(ticket.id))
    return SlackMessage(
        text=f"#{ticket.id} was set aside by {by} as not a ticket: {inert(ticket.title)}",
        blocks=[SectionBlock(text=mrkdwn(text), accessory=undo)],
    )


def _alone(facts: Facts) -> str:
    """The whole card in words, for those who see no blocks."""
    ticket = facts.ticket
    words = [
        f"Ticket #{ticket.id} from {inert(name_of(ticket.requester))}: {inert(ticket.title)}.",
        f"{_standing(ticket)}, priority {ticket.priority}.",
    ]
    if facts.draft is not None:
        words.append(
            f"A reply draft waits for approval: {inert(clip(facts.draft.reply_draft, 300))}"
        )
    elif ticket.triage_status is TriageStatus.FAILED:
        words.append("The triage failed.")
    elif ticket.triage_status is not TriageStatus.COMPLETED:
        words.append("Triage under way.")
    if facts.replies:
        words.append(f"{_sent(facts.replies[0])}.".replace("*", ""))
    return " ".join(words)
