"""A form with an answer was submitted."""

from typing import Any

from bot import ids
from bot.ids import Target
from bot.parts import Parts
from core import replies


def _text(body: dict[str, Any]) -> str:
    return str(body["view"]["state"]["values"][ids.TEXT][ids.TEXT].get("value") or "")


async def submitted(parts: Parts, body: dict[str, Any]) -> None:
    """Send what was written by hand."""
    view = body["view"]
    await parts.desk.run(
        replies.answer,
        installation=parts.installation,
        number=Target.parse(view["private_metadata"]).number,
        user_id=body["user"]["id"],
        text=_text(body),
        form_key=view["id"],
    )


async def edited(parts: Parts, body: dict[str, Any]) -> None:
    """Send the draft as the agent changed it."""
    view = body["view"]
    target = Target.parse(view["private_metadata"])
    await parts.desk.run(
        replies.approve,
        installation=parts.installation,
        number=target.number,
        result_id=target.item,
        user_id=body["user"]["id"],
        text=_text(body),
        form_key=view["id"],
    )
