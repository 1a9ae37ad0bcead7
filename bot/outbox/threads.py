"""What was said in a thread before it became a ticket."""

from functools import partial
from typing import Any

from bot.events import files_of, is_by_bot, text_of
from bot.outbox.office import Office
from bot.posting import ThreadGone
from core import conversation, pointing
from core.conversation import Heard
from core.jobs import Closing
from storage.tables import Job

PAGE = 200
MOST_PAGES = 5


async def fetch(office: Office, job: Job) -> Closing:
    """Fetch a thread of a ticket: one read, at creation only."""
    ticket = (await office.facts_of(job)).ticket
    channel = ticket.channel or ""
    joined = job.payload.get("root_ts")
    root_ts = str(joined or ticket.root_ts)
    messages, is_whole = await _thread(office, channel, root_ts)
    root_ts = next((_root(each) for each in messages if each["ts"] == root_ts), root_ts)
    if all(each["ts"] != root_ts for each in messages):  # a reply was pointed at
        messages, is_whole = await _thread(office, channel, root_ts)
    said = [_heard(office, channel, each) for each in messages if not is_by_bot(each)]
    if joined is not None:
        return partial(
            conversation.backfilled, installation=office.installation, number=ticket.id, said=said
        )
    return partial(
        pointing.fetched,
        installation=office.installation,
        number=ticket.id,
        root_ts=root_ts,
        thread=[_heard(office, channel, each) for each in messages],
        is_whole=is_whole,
        said=said,
    )


async def _thread(office: Office, channel: str, ts: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the thread's messages, and whether that is all of them; none where it is gone."""
    said: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        try:
            page = await office.poster.call(
                office.client.conversations_replies,
                channel=channel,
                ts=ts,
                limit=PAGE,
                **({"cursor": cursor} if cursor else {}),
            )
        except ThreadGone:
            return [], True
        said += page.get("messages", [])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            break
    return said, not cursor


def _root(message: dict[str, Any]) -> str:
    return str(message.get("thread_ts") or message["ts"])


def _heard(office: Office, channel: str, message: dict[str, Any]) -> Heard:
    return Heard(
        channel=channel,
        user_id=str(message.get("user") or message.get("bot_id")),
        ts=str(message["ts"]),
        text=text_of(message, office.installation),
        files=files_of(message),
    )


def not_fetched(office: Office, job: Job, _reason: str) -> Closing:
    """Return what goes on without the thread."""
    number = job.ticket_id or 0
    if job.payload.get("root_ts"):
        return partial(
            conversation.backfilled, installation=office.installation, number=number, said=[]
        )
    return partial(pointing.not_fetched, installation=office.installation, number=number)
