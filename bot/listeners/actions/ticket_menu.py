"""The menu of what concerns a ticket as a whole."""

from typing import Any

from bot import ids
from bot.listeners.actions.card import Service, act, selected
from bot.parts import Parts
from core import tickets

SERVICES: dict[str, Service] = {ids.MAKE_PRIVATE: tickets.make_private}


async def chosen(parts: Parts, body: dict[str, Any]) -> None:
    """Do what was chosen."""
    target, user_id = selected(body)
    await act(parts, SERVICES[target.verb], target, user_id)
