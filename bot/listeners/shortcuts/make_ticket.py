"""The message shortcut "Make a ticket"."""

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.blocks import confirmation
from bot.events import files_of, is_by_bot, text_of
from bot.parts import Parts
from bot.posting import error_code
from core import intake
from core.intake import Opened, Request, Source


async def shortcut(parts: Parts, body: dict[str, Any]) -> None:
    """Open a ticket of the message, or the form that says who will see it."""
    request = _request(parts, body)
    earlier = await parts.desk.run(intake.check, installation=parts.installation, request=request)
    if earlier is not None:
        parts.tell(body, f"This is ticket #{earlier.id} already.")
    elif request.private or _is_private_channel(body):
        await parts.open_form(body, confirmation.form(request, parts.installation))
    else:
        opened = await open_ticket(parts, request)
        parts.background.start(_explain(parts, body, opened.ticket.id))


async def open_ticket(parts: Parts, request: Request) -> Opened:
    """Open the ticket; its thread is fetched by a job."""
    return await parts.desk.run(
        intake.open_ticket,
        installation=parts.installation,
        request=request,
        card_delay=parts.card_delay,
    )


def _request(parts: Parts, body: dict[str, Any]) -> Request:
    message, channel, user_id = body["message"], body["channel"]["id"], body["user"]["id"]
    root_ts = str(message.get("thread_ts") or message["ts"])
    return Request(
        source=Source.SHORTCUT,
        requester=user_id if is_by_bot(message) else str(message["user"]),
        text=text_of(message, parts.installation),
        channel=channel,
        root_ts=root_ts,
        ts=str(message["ts"]),
        files=files_of(message),
        external_id=f"{channel}:{root_ts}",
        actor=user_id,
        private=_is_direct(body),
        is_by_bot=is_by_bot(message),
    )


def _is_direct(body: dict[str, Any]) -> bool:
    """Whether it was said in direct messages, of two people or of several."""
    name = _name(body)
    is_group = name.startswith("mpdm-")
    return is_group or name == "directmessage" or body["channel"]["id"].startswith("D")


def _is_private_channel(body: dict[str, Any]) -> bool:
    """Whether only some people can read the channel."""
    return _name(body) == "privategroup"


def _name(body: dict[str, Any]) -> str:
    """What Slack calls the channel: not by its name where that is not for everybody.

    https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
    """
    return str(body["channel"].get("name") or "")


async def _explain(parts: Parts, body: dict[str, Any], number: int) -> None:
    """Tell the person what the receipt in the thread cannot, where the bot is not."""
    if await _is_there(parts, body["channel"]["id"]):
        return
    parts.tell(
        body,
        f"Ticket #{number} is open. I am not in this channel and cannot read the thread, so I took "
        "this one message; the answer comes to its author by direct message.",
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
