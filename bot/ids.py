"""Every action, callback and block id, and what a button carries."""

from dataclasses import dataclass
from typing import Final

COMMAND: Final = "/ticket"
MAKE_TICKET: Final = "make_ticket"
NEW_TICKET: Final = "new_ticket"

APPROVE: Final = "approve"
REPLY: Final = "reply"
RESOLVE: Final = "resolve"
REOPEN: Final = "reopen"
RETRY: Final = "retry_delivery"
TRY_AGAIN: Final = "try_again"
UNDO: Final = "undo"
MORE: Final = "more"
SPLIT: Final = "split"
EVERY_MESSAGE: Final = "every_message"
ONLY_EMOJI: Final = "only_emoji"
CATEGORY: Final = "category"
PRIORITY: Final = "priority"
TICKET_MENU: Final = "ticket_menu"
OPEN: Final = "open_ticket"

EDIT: Final = "edit"
REGENERATE: Final = "regenerate"
CLAIM: Final = "claim"
NOT_A_TICKET: Final = "not_a_ticket"
MAKE_PRIVATE: Final = "make_private"
TAKE_BACK: Final = "take_back"
HAND_OVER: Final = "hand_over"

NEW_TICKET_FORM: Final = "new_ticket_form"
MAKE_TICKET_FORM: Final = "make_ticket_form"
REPLY_FORM: Final = "reply_form"
EDIT_FORM: Final = "edit_form"
APPROVE_FORM: Final = "approve_form"
TICKET_VIEW: Final = "ticket_view"
HANDOVER_FORM: Final = "handover_form"

TITLE: Final = "title"
DETAILS: Final = "details"
ON_BEHALF_OF: Final = "on_behalf_of"
EMAIL: Final = "email"
TEXT: Final = "text"
PRIVATE: Final = "private"
TO_PERSON: Final = "to_person"
TO_CHANNEL: Final = "to_channel"
SUMMARY: Final = "summary"
OWN_WORDS: Final = "own_words"


@dataclass(frozen=True)
class Target:
    """What an element acts on: a ticket, and where it matters which result or reply of it."""

    number: int
    item: int = 0
    verb: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.item}:{self.verb}"

    @classmethod
    def parse(cls, value: str) -> "Target":
        """Read what ``str`` wrote."""
        number, item, verb = value.split(":", 2)
        return cls(int(number), int(item), verb)
