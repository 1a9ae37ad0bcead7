"""A handover: the form, and what whoever takes the ticket over reads."""

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    ConversationFilter,
    ConversationSelectElement,
    HeaderBlock,
    InputBlock,
    PlainTextInputElement,
    SectionBlock,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot import ids
from bot.blocks.text import HEADER_LIMIT, SlackMessage, escape, inert, mrkdwn, plain, quote
from bot.ids import Target
from core.contacts import name_of
from core.handover import SUMMARY_LIMIT
from core.handover_job import Suggestion
from storage.tables import Ticket

WAITING = (
    "A summary of the conversation is being written; it will appear here. You need not wait for it."
)


def handover_form(ticket: Ticket, suggestion: Suggestion | None = None) -> View:
    """Return the form, before its summary was written or with it.

    Slack keeps what was typed or chosen in a block whose id stays. So the suggestion comes as a
    block of its own, and nobody's words are overwritten by it.
    """
    return View(
        type="modal",
        callback_id=ids.HANDOVER_FORM,
        title=plain(f"Hand over #{ticket.id}", 24),
        submit=plain("Hand over"),
        close=plain("Cancel"),
        private_metadata=str(Target(ticket.id)),
        blocks=[SectionBlock(text=plain(ticket.title)), *_addressee(), *_summary(suggestion)],
    )


def _addressee() -> list[Block]:
    return [
        InputBlock(
            block_id=ids.TO_PERSON,
            label=plain("To a person"),
            optional=True,
            element=UserSelectElement(
                action_id=ids.TO_PERSON, placeholder=plain("Who takes it over?")
            ),
            hint=plain("An agent becomes its assignee."),
        ),
        InputBlock(
            block_id=ids.TO_CHANNEL,
            label=plain("Or to a channel"),
            optional=True,
            element=ConversationSelectElement(
                action_id=ids.TO_CHANNEL,
                placeholder=plain("A channel that the bot is in"),
                filter=ConversationFilter(
                    include=["public", "private"], exclude_external_shared_channels=True
                ),
            ),
        ),
    ]


def _summary(suggestion: Suggestion | None) -> list[Block]:
    own = InputBlock(
        block_id=ids.OWN_WORDS,
        label=plain("Summary" if suggestion is None else "Or a summary in your own words"),
        optional=True,
        element=_field(ids.OWN_WORDS),
        hint=plain("What you write here goes in place of the suggestion."),
    )
    if suggestion is None:
        return [ContextBlock(elements=[mrkdwn(WAITING)]), own]
    return [
        ContextBlock(elements=[mrkdwn(_origin(suggestion))]),
        InputBlock(
            block_id=ids.SUMMARY,
            label=plain("Summary"),
            optional=True,
            element=_field(ids.SUMMARY, suggestion.text),
        ),
        own,
    ]


def _field(action_id: str, text: str | None = None) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=action_id, multiline=True, max_length=SUMMARY_LIMIT, initial_value=text
    )


def _origin(suggestion: Suggestion) -> str:
    if suggestion.model is None:
        return f"*Put together without a model:* {inert(suggestion.why)}. Correct it as you like."
    return f"*Written by {inert(suggestion.model)}* from the conversation. Read and correct it."


def handed_over(
    ticket: Ticket, *, request: str | None, card: str | None, to_person: bool
) -> SlackMessage:
    """Return what whoever takes over reads. ``request`` and ``card`` are links."""
    by = inert(name_of(ticket.transferred_by))
    lead = f"{by} handed ticket #{ticket.id} over to {'you' if to_person else 'this channel'}"
    links = [
        f"<{address}|{label}>"
        for address, label in ((request, "View the request"), (card, "View the card"))
        if address is not None
    ]
    asked = f"From {inert(name_of(ticket.requester))}"
    summary = ticket.handover_summary or ""
    return SlackMessage(
        text=f"{lead}: {escape(ticket.title)}\n{escape(summary)}",
        blocks=[
            HeaderBlock(text=plain(f"#{ticket.id} {ticket.title}", HEADER_LIMIT)),
            SectionBlock(text=mrkdwn(f"*{lead}.*")),
            quote(summary),
            ContextBlock(elements=[mrkdwn(" · ".join([asked, *links]))]),
        ],
    )
