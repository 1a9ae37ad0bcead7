"""The menu behind the dots of a card."""

from typing import Any

from bot import ids
from bot.ids import Target
from bot.listeners.actions.card import selected
from bot.listeners.actions.forms import open_edit
from bot.parts import Parts
from core import tickets, triage


async def chosen(parts: Parts, body: dict[str, Any]) -> None:
    """Do what was chosen."""
    target, user_id = selected(body)
    match target.verb:
        case ids.EDIT:
            await open_edit(parts, body, target)
        case ids.REGENERATE:
            await _regenerate(parts, target, user_id)
        case ids.CLAIM:
            await parts.desk.run(
                tickets.claim,
                installation=parts.installation,
                number=target.number,
                user_id=user_id,
            )
        case ids.NOT_A_TICKET:
            await parts.desk.run(
                tickets.set_aside,
                installation=parts.installation,
                number=target.number,
                user_id=user_id,
            )


async def _regenerate(parts: Parts, target: Target, user_id: str) -> None:
    await parts.desk.run(
        triage.process,
        installation=parts.installation,
        number=target.number,
        user_id=user_id,
        force=True,
    )
