"""The modals."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ContextBlock,
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
from bot.blocks.text import inert, mrkdwn, plain, quote
from bot.ids import Target
from core.contacts import name_of
from core.replies import REPLY_LIMIT, Draft, Seen, Writing
from core.text import TITLE_LIMIT, clip
from storage.tables import TicketPriority


def new_ticket() -> View:
    """The form for a new ticket."""
    priorities = [
        Option(text=plain(priority.capitalize()), value=priority) for priority in TicketPriority
    ]
    return View(
        type="modal",
        callback_id=ids.NEW_TICKET_FORM,
        title=plain("New ticket"),
        submit=plain("Open ticket"),
        close=plain("Cancel"),
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
                    action_id=ids.ON_BEHALF_OF, placeholder=plain("Choose a person")
                ),
            ),
            InputBlock(
                block_id=ids.EMAIL,
                label=plain("Contact email"),
                optional=True,
                element=EmailInputElement(action_id=ids.EMAIL),
            ),
            InputBlock(
                block_id=ids.PRIVATE,
                label=plain("Who sees it"),
                optional=True,
                element=CheckboxesElement(
                    action_id=ids.PRIVATE,
                    options=[
                        Option(
                            text=plain("Private: only agents who handle private tickets see it"),
                            value=ids.PRIVATE,
                        )
                    ],
                ),
            ),
        ],
    )


def said(text: str) -> View:
    """What a form leaves behind that has nothing more to ask."""
    return View(
        type="modal",
        title=plain("Ticketloop"),
        close=plain("Close"),
        blocks=[SectionBlock(text=plain(text))],
    )


def reply(writing: Writing, *, text: str | None = None) -> View:
    """The form for an answer by hand; ``text`` is what was written into it already."""
    ticket = writing.ticket
    return _text_form(
        callback_id=ids.REPLY_FORM,
        title=f"Reply to #{ticket.id}",
        target=Target(ticket.id, writing.seen),
        intro=ticket.title,
        news=_answers(writing),
        initial=text,
    )


def edit(draft: Draft, *, text: str | None = None) -> View:
    """The form for sending the draft with changes; ``text`` is what was written into it already."""
    return _text_form(
        callback_id=ids.EDIT_FORM,
        title=f"Edit reply to #{draft.ticket.id}",
        target=_target(draft),
        intro=draft.ticket.title,
        news=_news(draft),
        initial=text or draft.result.reply_draft,
    )


def approve_anyway(draft: Draft) -> View:
    """What was said after the draft was made, and whether to send it nevertheless."""
    instead = (
        "Cancel, and use Regenerate on the card for a new draft, or Reply to write the answer "
        "yourself."
    )
    return View(
        type="modal",
        callback_id=ids.APPROVE_FORM,
        title=plain(f"Approve #{draft.ticket.id}?", 24),
        submit=plain("Send anyway"),
        close=plain("Cancel"),
        private_metadata=str(_target(draft)),
        blocks=[
            *_news(draft),
            SectionBlock(text=mrkdwn("*Reply draft*, made before that")),
            quote(draft.result.reply_draft),
            ContextBlock(elements=[mrkdwn(instead)]),
        ],
    )


def _target(draft: Draft) -> Target:
    """The draft, and how far is read who sees it now."""
    seen = draft.seen
    edited = seen.edited_at.isoformat() if seen.edited_at else ""
    return Target(draft.ticket.id, draft.result.id, f"{seen.message_id} {edited}")


def seen_in(target: Target) -> Seen:
    """Read what the form carried of that."""
    number, _, edited = target.verb.partition(" ")
    return Seen(int(number or 0), datetime.fromisoformat(edited) if edited else None)


NEWS_SHOWN = 5
NEWS_LIMIT = 500


def _news(draft: Draft) -> list[Block]:
    news, who = draft.news, inert(name_of(draft.ticket.requester))
    if not news:
        return []
    more = f", the last {NEWS_SHOWN} of {len(news)}" if len(news) > NEWS_SHOWN else ""
    return [
        SectionBlock(text=mrkdwn(f"*{who} wrote or changed after the draft was made*{more}")),
        *(quote(clip(each.text or "(a file)", NEWS_LIMIT)) for each in news[-NEWS_SHOWN:]),
    ]


def _answers(writing: Writing) -> list[Block]:
    if not writing.news:
        return []
    hint = "Yours was not sent yet. Send it as well, change it, or cancel."
    return [
        *(
            block
            for each in reversed(writing.news)
            for block in (
                SectionBlock(
                    text=mrkdwn(f"*{inert(name_of(each.approved_by))} answered meanwhile*")
                ),
                quote(clip(each.text or "(a file)", NEWS_LIMIT)),
            )
        ),
        ContextBlock(elements=[mrkdwn(hint)]),
    ]


def _text_form(
    *,
    callback_id: str,
    title: str,
    target: Target,
    intro: str,
    initial: str | None,
    news: Sequence[Block] = (),
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
            *news,
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
