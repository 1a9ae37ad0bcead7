"""The message shortcut "Make a ticket"."""

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.blocks.text import from_slack
from bot.events import files_of
from bot.parts import Parts
from bot.posting import error_code
from core import intake
from core.intake import Request, Source


async def shortcut(parts: Parts, body: dict[str, Any]) -> None:
    """Open a ticket of the message; its thread is fetched by a job."""
    message, user_id = body["message"], body["user"]["id"]
    opened = await parts.desk.run(
        intake.open_ticket,
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
        parts.background.start(_confirm(parts, body, number))
    else:
        parts.tell(body, f"This is ticket #{number} already.")


async def _confirm(parts: Parts, body: dict[str, Any], number: int) -> None:
    """Tell the person where the answer will be: a shortcut works where the bot is not, too."""
    channel = body["channel"]["id"]
    if await _is_there(parts, channel):
        parts.tell(body, f"Ticket #{number} is open. The answer will appear in the thread.")
        return
    parts.tell(
        body,
        f"Ticket #{number} is open, but I am not in this channel, so no answer can appear here. "
        "Invite me with /invite @Ticketloop.",
    )


async def _is_there(parts: Parts, channel: str) -> bool:
    """Whether the bot can answer in that channel; where Slack does not say, it is hoped so."""
    try:
        facts = await parts.client.conversations_info(channel=channel)
    except SlackApiError as error:
        return error_code(error) != "channel_not_found"
    except (aiohttp.ClientError, TimeoutError):
        return True
    return bool(facts["channel"].get("is_member") or facts["channel"].get("is_im"))


def _author(message: dict[str, Any]) -> str | None:
    return None if message.get("bot_id") else message.get("user")
