"""The menu behind the dots of a card."""

from functools import partial
from typing import Any

from bot import ids
from bot.listeners.actions.card import Service, act, selected
from bot.listeners.actions.forms import open_edit
from bot.parts import Parts
from core import taking_back, tickets, triage

SERVICES: dict[str, Service] = {
    ids.REGENERATE: partial(triage.process, force=True),
    ids.NOT_A_TICKET: tickets.set_aside,
}


async def chosen(parts: Parts, body: dict[str, Any]) -> None:
    """Do what was chosen."""
    target, user_id = selected(body)
    if target.verb == ids.EDIT:
        await open_edit(parts, body, target)
    elif target.verb == ids.TAKE_BACK:
        await act(parts, partial(taking_back.take_back, reply_id=target.item), target, user_id)
    elif target.verb == ids.CLAIM:
        await act(parts, partial(tickets.claim, instead_of=target.item), target, user_id)
    else:
        await act(parts, SERVICES[target.verb], target, user_id)
