"""The modals."""

from slack_sdk.models.blocks import (
    EmailInputElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot import ids
from bot.blocks.text import plain
from bot.ids import Target
from core.replies import REPLY_LIMIT
from core.text import TITLE_LIMIT, clip
from storage.tables import Result, Ticket, TicketPriority


def new_ticket(*, channel: str) -> View:
    """The form for a new ticket. ``channel`` is where it was asked for."""
    priorities = [
        Option(text=plain(priority.capitalize()), value=priority) for priority in TicketPriority
    ]
    return View(
        type="modal",
        callback_id=ids.NEW_TICKET_FORM,
        title=plain("New ticket"),
        submit=plain("Open ticket"),
        close=plain("Cancel"),
        private_metadata=channel,
        blocks=[
            InputBlock(
                block_id=ids.TITLE,
                label=plain("Title"),
                element=PlainTextInputElement(action_id=ids.TITLE, max_length=TITLE_LIMIT),
            ),
            InputBlock(
                block_id=ids.DETAILS,
                label=plain("Details"),
                element=PlainTextInputElement(
                    action_id=ids.DETAILS, multiline=True, max_length=REPLY_LIMIT
                ),
                hint=plain("What happened, since when, and what have you tried?"),
            ),
            InputBlock(
                block_id=ids.PRIORITY,
                label=plain("Priority"),
                optional=True,
                element=StaticSelectElement(
                    action_id=ids.PRIORITY,
                    placeholder=plain("Let the triage decide"),
                    options=priorities,
                ),
            ),
            InputBlock(
                block_id=ids.ON_BEHALF_OF,
                label=plain("On behalf of"),
                optional=True,
                element=UserSelectElement(
                    action_id=ids.ON_BEHALF_OF, placeholder=plain("Somebody else")
                ),
            ),
            InputBlock(
                block_id=ids.EMAIL,
                label=plain("Contact email"),
                optional=True,
                element=EmailInputElement(action_id=ids.EMAIL),
            ),
        ],
    )


def reply(ticket: Ticket) -> View:
    """The form for an answer by hand."""
    return _text_form(
        callback_id=ids.REPLY_FORM,
        title=f"Reply to #{ticket.id}",
        target=Target(ticket.id),
        intro=ticket.title,
        initial=None,
    )


def edit(ticket: Ticket, result: Result) -> View:
    """The form for sending the draft with changes."""
    return _text_form(
        callback_id=ids.EDIT_FORM,
        title=f"Edit reply to #{ticket.id}",
        target=Target(ticket.id, result.id),
        intro=ticket.title,
        initial=result.reply_draft,
    )


def _text_form(
    *, callback_id: str, title: str, target: Target, intro: str, initial: str | None
) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title, 24),
        submit=plain("Send"),
        close=plain("Cancel"),
        private_metadata=str(target),
        blocks=[
            SectionBlock(text=plain(intro)),
            InputBlock(
                block_id=ids.TEXT,
                label=plain("Answer to the requester"),
                element=PlainTextInputElement(
                    action_id=ids.TEXT,
                    multiline=True,
                    max_length=REPLY_LIMIT,
                    initial_value=clip(initial, REPLY_LIMIT) if initial else None,
                ),
            ),
        ],
    )
