"""The menu of what concerns a ticket as a whole."""

from typing import Any

from bot import ids
from bot.listeners.actions.card import Service, act, selected
from bot.listeners.actions.forms import open_handover
from bot.parts import Parts
from core import tickets

SERVICES: dict[str, Service] = {ids.MAKE_PRIVATE: tickets.make_private}


async def chosen(parts: Parts, body: dict[str, Any]) -> None:
    """Do what was chosen."""
    target, user_id = selected(body)
    if target.verb == ids.HAND_OVER:
        await open_handover(parts, body, target)
    else:
        await act(parts, SERVICES[target.verb], target, user_id)
