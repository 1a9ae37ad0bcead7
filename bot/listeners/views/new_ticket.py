"""The form for a new ticket was submitted."""

from typing import Any

from bot import ids
from bot.parts import Parts
from core import intake
from core.intake import Request, Source
from storage.tables import TicketPriority


async def submitted(parts: Parts, body: dict[str, Any]) -> None:
    """Open the ticket; the requester hears of it in a direct message."""
    view, user_id = body["view"], body["user"]["id"]
    fields = {
        action_id: element
        for block in view["state"]["values"].values()
        for action_id, element in block.items()
    }
    priority = (fields[ids.PRIORITY].get("selected_option") or {}).get("value")
    await parts.desk.run(
        intake.open_ticket,
        installation=parts.installation,
        request=Request(
            source=Source.FORM,
            requester=fields[ids.ON_BEHALF_OF].get("selected_user") or user_id,
            title=fields[ids.TITLE].get("value") or "",
            text=fields[ids.DETAILS].get("value") or "",
            priority=TicketPriority(priority) if priority else None,
            email=fields[ids.EMAIL].get("value") or None,
            external_id=view["id"],
            actor=user_id,
            private=bool(fields[ids.PRIVATE].get("selected_options")),
        ),
        card_delay=parts.card_delay,
    )
