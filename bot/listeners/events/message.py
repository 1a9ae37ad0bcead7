"""A message was posted, edited or deleted."""

import time
from typing import Any

from bot.events import Deleted, Edited, Ignored, Said, classify
from bot.parts import Parts
from core import conversation, intake, threads
from core.conversation import Heard
from core.intake import Request, Source


async def heard(parts: Parts, body: dict[str, Any]) -> None:
    """Open a ticket, add to one, or follow what became of a message."""
    match classify(body["event"]):
        case Said(root_ts=None) as said:
            await _top_level(parts, said)
        case Said(root_ts=str(root_ts)) as said:
            await _in_thread(parts, said, root_ts)
        case Edited() as edited:
            await parts.desk.run(
                conversation.edit,
                installation=parts.installation,
                channel=edited.channel,
                ts=edited.ts,
                text=edited.text,
                files=edited.files,
            )
        case Deleted() as deleted:
            await parts.desk.run(
                conversation.delete,
                installation=parts.installation,
                channel=deleted.channel,
                ts=deleted.ts,
            )
        case Ignored():
            return


NOTE_HINT = (
    "This is an internal note: only agents see it. To answer the requester, use Reply on the card, "
    "or write in their thread."
)


async def _in_thread(parts: Parts, said: Said, root_ts: str) -> None:
    outcome = await parts.desk.run(
        threads.hear,
        installation=parts.installation,
        root_ts=root_ts,
        said=Heard(
            channel=said.channel,
            user_id=said.user_id,
            ts=said.ts,
            text=said.text,
            files=said.files,
        ),
        card_delay=parts.card_delay,
    )
    if outcome.is_first_note:
        place = {
            "channel": {"id": said.channel},
            "user": {"id": said.user_id},
            "message": {"thread_ts": root_ts},
        }
        parts.tell(place, NOTE_HINT)


# Seconds. Slack brings again what was not acknowledged, after a minute and after five.
LATE = 20
HINT = (
    "I take no requests here yet. To open a ticket, type /ticket and what you need; to add to one, "
    "write in its thread."
)


async def _top_level(parts: Parts, said: Said) -> None:
    if said.channel.startswith("D"):
        parts.tell({"channel": {"id": said.channel}, "user": {"id": said.user_id}}, HINT)
    if said.channel not in parts.installation.intake_channels:
        return
    await parts.desk.run(
        intake.open_ticket,
        installation=parts.installation,
        request=Request(
            source=Source.MESSAGE,
            requester=said.user_id,
            text=said.text,
            channel=said.channel,
            root_ts=said.ts,
            ts=said.ts,
            files=said.files,
            is_late=time.time() - float(said.ts) > LATE,
        ),
        card_delay=parts.card_delay,
    )
