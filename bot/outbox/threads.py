"""What was said in a thread before it became a ticket."""

from functools import partial
from typing import Any

from bot.blocks.text import from_slack
from bot.events import files_of
from bot.outbox.office import Office
from core import conversation
from core.jobs import Closing
from storage.tables import Job

PAGE = 200
MOST_PAGES = 5


async def fetch(office: Office, job: Job) -> Closing:
    """Fetch the thread of a ticket that a shortcut opened: one read, at creation only."""
    ticket = (await office.facts_of(job)).ticket
    said: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        page = await office.poster.call(
            office.client.conversations_replies,
            channel=ticket.channel,
            ts=ticket.root_ts,
            limit=PAGE,
            **({"cursor": cursor} if cursor else {}),
        )
        said += page.get("messages", [])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            break
    heard = [
        conversation.Heard(
            channel=ticket.channel or "",
            user_id=str(message["user"]),
            ts=str(message["ts"]),
            text=from_slack(str(message.get("text", ""))),
            files=files_of(message),
        )
        for message in said
        if message.get("user") and not message.get("bot_id")
    ]
    return partial(
        conversation.backfilled, installation=office.installation, number=ticket.id, said=heard
    )


def not_fetched(office: Office, job: Job, _reason: str) -> Closing:
    """Return what goes on with the one message that the shortcut carried."""
    return partial(
        conversation.backfilled,
        installation=office.installation,
        number=job.ticket_id or 0,
        said=[],
    )
