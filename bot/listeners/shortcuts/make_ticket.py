"""The message shortcut "Make a ticket"."""

from typing import Any

from bot.blocks.text import from_slack
from bot.events import files_of
from bot.parts import Parts
from core import tickets
from core.tickets import Request, Source


async def shortcut(parts: Parts, body: dict[str, Any]) -> None:
    """Open a ticket of the message; its thread is fetched by a job."""
    message, user_id = body["message"], body["user"]["id"]
    opened = await parts.desk.run(
        tickets.open_ticket,
        installation=parts.installation,
        request=Request(
            source=Source.SHORTCUT,
            requester=_author(message) or user_id,
            text=from_slack(str(message.get("text") or "")),
            channel=body["channel"]["id"],
            root_ts=str(message.get("thread_ts") or message["ts"]),
            ts=str(message["ts"]),
            files=files_of(message),
            actor=user_id,
        ),
        card_delay=parts.card_delay,
    )
    number = opened.ticket.id
    if opened.is_new:
        parts.tell(body, f"Ticket #{number} is open. The answer will appear in the thread.")
    else:
        parts.tell(body, f"This thread is ticket #{number} already.")


def _author(message: dict[str, Any]) -> str | None:
    return None if message.get("bot_id") else message.get("user")
