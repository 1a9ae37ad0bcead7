"""The copy of a message in the thread of its ticket's card."""

from slack_sdk.models.blocks import Block, ContextBlock, SectionBlock

from bot.blocks.text import SlackMessage, inert, mention, mrkdwn, quote
from bot.blocks.wording import file_names
from core.contacts import name_of
from core.mirrors import Mirrored
from core.text import clip
from storage.tables import Role, Visibility

# How much of a message phones and screen readers get, in characters.
SPOKEN = 300


def mirror(shown: Mirrored) -> SlackMessage:
    """Return the copy as it must look now; it calls the assignee if the requester wrote."""
    message, ticket = shown.message, shown.ticket
    author = inert(name_of(message.author))
    if message.deleted_at is not None:
        text = f"_{author} deleted this message._"
        return SlackMessage(text=text, blocks=[SectionBlock(text=mrkdwn(text))])
    who = f"*{author}*"
    if message.visibility is Visibility.INTERNAL:
        who += " (a note, for agents only)"
    elif message.role is not Role.REQUESTER:
        who += " (not the requester)"
    elif ticket.assignee is not None:
        who = f"{mention(ticket.assignee)} {who}"
    edited = " and changed it" if message.edited_at is not None else ""
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(f"{who} wrote{edited}:")),
        quote(message.text or "(no text)"),
    ]
    words = [inert(clip(message.text, SPOKEN))] if message.text else []
    if message.files:
        names = file_names(message.files)
        blocks.append(ContextBlock(elements=[mrkdwn(names)]))
        words.append(names)
    return SlackMessage(text=f"{who} wrote: {' '.join(words)}", blocks=blocks)


def call(shown: Mirrored, *, link: str | None) -> SlackMessage:
    """Return what calls the assignee where no copy may stand: nothing of what was written."""
    card = f"<{link}|the card>" if link else "the card"
    text = (
        f"The requester of private ticket #{shown.ticket.id} wrote again. "
        f"Press Open on {card} to read it."
    )
    return SlackMessage(text=text, blocks=[SectionBlock(text=mrkdwn(text))])
