"""The form for a handover was submitted."""

from typing import Any

from bot import ids
from bot.ids import Target
from bot.parts import Parts
from core import handover


async def submitted(parts: Parts, body: dict[str, Any]) -> None:
    """Hand the ticket over; the agent's own words go before the suggested summary."""
    view = body["view"]
    fields = {
        action_id: element
        for block in view["state"]["values"].values()
        for action_id, element in block.items()
    }
    own = fields[ids.OWN_WORDS].get("value") or ""
    suggested = fields.get(ids.SUMMARY, {}).get("value") or ""
    await parts.desk.run(
        handover.hand_over,
        installation=parts.installation,
        number=Target.parse(view["private_metadata"]).number,
        by=body["user"]["id"],
        person=fields[ids.TO_PERSON].get("selected_user"),
        channel=fields[ids.TO_CHANNEL].get("selected_conversation"),
        summary=own if own.strip() else suggested,
        form_key=view["id"],
    )
