"""What the requester sees: the receipt, and the answers."""

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, SectionBlock

from bot import ids
from bot.blocks.text import SlackMessage, escape, inert, mrkdwn, paragraph, plain, quote
from bot.ids import Target
from core.contacts import name_of
from core.intake import Source
from storage.tables import Message, Reply, Status, Ticket

# Their receipts stand where the request does not.
_ELSEWHERE = frozenset({Source.COMMAND, Source.FORM, Source.SHORTCUT})

# A question up to this length is repeated where the answer does not stand below it.
SHORT = 300


def receipt(
    ticket: Ticket, *, channel: str | None = None, joined: Message | None = None
) -> SlackMessage:
    """Return the receipt with the status as it is now, for that channel or the ticket's own.

    ``joined`` is the message that was added to the ticket last and may be meant as another one.
    """
    text = f"*Ticket #{ticket.id}* · {_status(ticket)}"
    if ticket.source == Source.FORM and ticket.opened_by is not None:
        text += f" {inert(name_of(ticket.opened_by))} opened it for you."
    if ticket.source == Source.SHORTCUT and ticket.root_ts == ticket.receipt_ts:
        text += (
            " I cannot read the thread that it is from, so I took the one message, and go on here."
        )
    resolved = ticket.status is Status.RESOLVED
    label, action = ("Reopen", ids.REOPEN) if resolved else ("Resolve", ids.RESOLVE)
    blocks: list[Block] = []
    # It goes past its thread, or went: then it begins one of its own.
    is_elsewhere = (channel or ticket.channel) != ticket.channel
    is_root = ticket.receipt_ts is not None and ticket.receipt_ts == ticket.root_ts
    if ticket.source in _ELSEWHERE or is_elsewhere or is_root:
        blocks.append(SectionBlock(text=plain(ticket.title)))
    buttons = [
        ButtonElement(
            text=plain(label),
            action_id=action,
            value=str(Target(ticket.id)),
            accessibility_label=f"{label} ticket {ticket.id}",
        )
    ]
    if joined is not None and not resolved:
        text += " Your last message was added to it."
        buttons.append(
            ButtonElement(
                text=plain("Make it a new ticket"),
                action_id=ids.SPLIT,
                value=str(Target(ticket.id, joined.id)),
            )
        )
    blocks.append(SectionBlock(text=mrkdwn(text)))
    blocks.append(ActionsBlock(block_id=f"receipt_{ticket.id}", elements=buttons))
    return SlackMessage(text=text.replace("*", ""), blocks=blocks)


def _status(ticket: Ticket) -> str:
    agent = inert(name_of(ticket.assignee))
    match ticket.status:
        case Status.NEW:
            return "We have it. You will be answered in this thread."
        case Status.OPEN if ticket.assignee is None:
            return "Open. You will be answered in this thread."
        case Status.OPEN:
            return f"{agent} is working on it."
        case Status.WAITING:
            return "Answered. Write in this thread if something is missing."
        case Status.RESOLVED:
            return f"Resolved by {inert(name_of(ticket.resolved_by))}."


def taken_back(reply: Reply, ticket: Ticket) -> SlackMessage:
    """Return what stands where an answer stood that was taken back."""
    text = (
        f"{inert(name_of(reply.taken_back_by))} took back an answer to ticket #{ticket.id}. "
        "It was sent by mistake: please disregard it."
    )
    return SlackMessage(text=text, blocks=[ContextBlock(elements=[mrkdwn(text)])])


def answer(reply: Reply, ticket: Ticket) -> SlackMessage:
    """Return the answer as it is sent: the approved text, signed."""
    signature = f"{inert(name_of(reply.approved_by))} · ticket #{ticket.id}"
    return SlackMessage(
        text=f"{escape(reply.text)}\n{signature}",
        blocks=[paragraph(reply.text), ContextBlock(elements=[mrkdwn(signature)])],
    )


def answer_alone(reply: Reply, ticket: Ticket, *, asked: str) -> SlackMessage:
    """Return the answer as it is sent past the thread: it says itself what it answers."""
    below = answer(reply, ticket)
    heading = f"*An answer to your ticket #{ticket.id}*"
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(heading)),
        SectionBlock(text=plain(ticket.title)),
    ]
    if asked.strip() not in {"", ticket.title} and len(asked) <= SHORT:
        blocks.append(quote(asked))
    return SlackMessage(
        text=f"An answer to your ticket #{ticket.id} ({inert(ticket.title)}): {below.text}",
        blocks=[*blocks, *below.blocks],
    )


def resolution(ticket: Ticket) -> SlackMessage:
    """Return the line that says who resolved the ticket."""
    text = f"Resolved by {inert(name_of(ticket.resolved_by))}. Write here if it comes back."
    return SlackMessage(text=text, blocks=[SectionBlock(text=mrkdwn(text))])


def resolution_alone(ticket: Ticket) -> SlackMessage:
    """Return the same where nothing above it says which ticket it is about."""
    below = resolution(ticket)
    return SlackMessage(
        text=f"Ticket #{ticket.id} ({inert(ticket.title)}): {below.text}",
        blocks=[
            SectionBlock(text=mrkdwn(f"*Ticket #{ticket.id}*")),
            SectionBlock(text=plain(ticket.title)),
            *below.blocks,
        ],
    )
