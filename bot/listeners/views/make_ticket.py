"""Somebody was told who will see a message, and makes a ticket of it."""

from typing import Any

from bot.blocks import confirmation, forms
from bot.listeners.shortcuts.make_ticket import open_ticket
from bot.parts import Parts


async def confirmed(parts: Parts, body: dict[str, Any]) -> dict[str, Any]:
    """Open the ticket, and say so in the form."""
    request = confirmation.confirmed(body["view"], user_id=body["user"]["id"])
    opened = await open_ticket(parts, request)
    text = (
        f"Ticket #{opened.ticket.id} is open. The author of the message is answered in its thread, "
        "or by direct message where I cannot read that."
        if opened.is_new
        else f"This is ticket #{opened.ticket.id} already."
    )
    return {"response_action": "update", "view": forms.said(text)}
