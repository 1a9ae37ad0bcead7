"""``/ticket``: with a text it opens a ticket, alone it opens the form."""

from typing import Any

from bot.blocks import forms
from bot.blocks.text import from_slack
from bot.parts import Parts
from core import intake
from core.intake import Request, Source


async def command(parts: Parts, body: dict[str, Any]) -> str | None:
    """Open a ticket of the text, or the form where there is none."""
    text = from_slack(str(body.get("text") or "")).strip()
    if not text:
        await parts.open_form(body, forms.new_ticket(channel=body["channel_id"]))
        return None
    opened = await parts.desk.run(
        intake.open_ticket,
        installation=parts.installation,
        request=Request(
            source=Source.COMMAND,
            requester=body["user_id"],
            text=text,
            external_id=body["trigger_id"],
        ),
        card_delay=parts.card_delay,
    )
    return f"Ticket #{opened.ticket.id} is open. You will be answered in a direct message."
