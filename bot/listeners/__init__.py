"""What Slack tells us, and what answers it: the whole table.

A listener parses a payload, runs one service as one transaction, and returns what the
acknowledgement carries: a text, a response to a form, or nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from bot import ids
from bot.listeners import home, refusals, ticket_view
from bot.listeners.actions import card, forms, invitation, more, split, ticket_menu
from bot.listeners.commands import ticket
from bot.listeners.events import home as home_tab
from bot.listeners.events import membership, message, reaction
from bot.listeners.shortcuts import make_ticket, new_ticket
from bot.listeners.views import handover, reply
from bot.listeners.views import make_ticket as make_ticket_form
from bot.listeners.views import new_ticket as new_ticket_form
from bot.parts import Parts
from core import tickets, triage

Answer = str | dict[str, Any] | None
Listener = Callable[[Parts, dict[str, Any]], Awaitable[Answer]]

COMMANDS: dict[str, Listener] = {ids.COMMAND: ticket.command}
EVENTS: dict[str, Listener] = {
    "app_home_opened": home_tab.opened,
    "app_mention": message.heard,
    "message": message.heard,
    "reaction_added": reaction.added,
    "member_joined_channel": membership.joined,
    "member_left_channel": membership.left,
    "subteam_members_changed": membership.usergroup_changed,
}
SHORTCUTS: dict[str, Listener] = {
    ids.MAKE_TICKET: make_ticket.shortcut,
    ids.NEW_TICKET: new_ticket.shortcut,
}
ACTIONS: dict[str, Listener] = {
    ids.APPROVE: card.approve,
    ids.REPLY: forms.open_reply,
    ids.RESOLVE: card.button(tickets.resolve),
    ids.REOPEN: card.button(tickets.reopen),
    ids.RETRY: card.retry_delivery,
    ids.TRY_AGAIN: card.button(triage.process),
    ids.UNDO: card.button(tickets.bring_back),
    ids.CATEGORY: card.set_category,
    ids.PRIORITY: card.set_priority,
    ids.MORE: more.chosen,
    ids.SPLIT: split.split,
    ids.EVERY_MESSAGE: invitation.chosen,
    ids.ONLY_EMOJI: invitation.chosen,
    ids.TICKET_MENU: ticket_menu.chosen,
    ids.OPEN: ticket_view.open_ticket,
    ids.NEW_TICKET: new_ticket.shortcut,
}
VIEWS: dict[str, Listener] = {
    ids.NEW_TICKET_FORM: new_ticket_form.submitted,
    ids.MAKE_TICKET_FORM: make_ticket_form.confirmed,
    ids.REPLY_FORM: reply.submitted,
    ids.EDIT_FORM: reply.edited,
    ids.APPROVE_FORM: reply.approved,
    ids.HANDOVER_FORM: handover.submitted,
}


def register(app: AsyncApp, parts: Parts) -> None:
    """Connect the whole table to the app."""
    for name, listener in COMMANDS.items():
        app.command(name)(_bound(listener, parts))
    for name, listener in EVENTS.items():
        app.event(name)(_bound(_unless_own(listener), parts))
    for name, listener in SHORTCUTS.items():
        app.shortcut(name)(_bound(listener, parts))
    for name, listener in ACTIONS.items():
        app.action(name)(_bound(listener, parts))
    for name, listener in VIEWS.items():
        app.view(name)(_bound(listener, parts))
    app.error(refusals.handler(parts))


def _unless_own(listener: Listener) -> Listener:
    """Leave out what the bot itself did, but for joining and leaving."""

    async def heard(parts: Parts, body: dict[str, Any]) -> Answer:
        event = body["event"]
        is_own = event.get("user") == parts.installation.bot_user_id
        if is_own and not str(event["type"]).startswith("member_"):
            return None
        return await listener(parts, body)

    return heard


def _bound(listener: Listener, parts: Parts) -> Callable[..., Awaitable[BoltResponse]]:
    """Acknowledge when the listener has returned, which means: when its work is committed."""

    async def acknowledge(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        answer = await listener(parts, body)
        ticket_view.refresh(parts, body)
        home.refresh(parts, body)
        if answer is None:
            return await ack()
        return await (ack(text=answer) if isinstance(answer, str) else ack(**answer))

    return acknowledge
