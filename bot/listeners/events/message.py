"""A message was posted, edited or deleted, or the bot was mentioned."""

from typing import Any

from bot.events import Deleted, Edited, Ignored, classify
from bot.parts import Parts, place_of
from core import conversation, doors
from core.doors import Hint, Said

HINTS = {
    Hint.FIRST_NOTE: (
        "This is an internal note: only agents see it. To answer the requester, use Reply on the "
        "card, or write in their thread."
    ),
    Hint.NOTHING_ASKED: "You are welcome! If you need something, write here what it is.",
    Hint.NO_TICKET_HERE: (
        "No ticket belongs to this thread, so nobody would read this. If it is a new request, "
        "write it as a message of its own, outside of the thread."
    ),
}


async def heard(parts: Parts, body: dict[str, Any]) -> None:
    """Open a ticket, add to one, or follow what became of a message."""
    match classify(body["event"], parts.installation):
        case Said() as said:
            hint = await parts.desk.run(
                doors.enter,
                installation=parts.installation,
                said=said,
                card_delay=parts.card_delay,
            )
            if hint is not None:
                parts.tell(place_of(body["event"]), HINTS[hint])
        case Edited() as edited:
            await parts.desk.run(
                conversation.edit,
                installation=parts.installation,
                channel=edited.channel,
                ts=edited.ts,
                text=edited.text,
                files=edited.files,
                edited_ts=edited.edited_ts,
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
