"""Emoji that the bot puts under messages."""

from contextlib import suppress

from bot.outbox.office import Office
from core.errors import Permanent
from core.rush import SEEN
from storage.tables import Job


async def react(office: Office, job: Job) -> None:
    """Put the emoji there; if it is there already, all is well.

    What says that we have it is not put under what was set aside meanwhile.
    """
    if job.payload["name"] == SEEN and (await office.facts_of(job)).ticket.withdrawn_at:
        return
    try:
        await office.poster.call(
            office.client.reactions_add,
            channel=job.payload["channel"],
            timestamp=job.payload["ts"],
            name=job.payload["name"],
        )
    except Permanent as error:
        if "already_reacted" not in str(error):
            raise


async def take_back(office: Office, *, channel: str, ts: str, name: str) -> None:
    """Take the emoji away; if it is not there, or its message is not, all is well.

    Raises:
        Transient: Slack cannot do it now, or did not say whether it did.
    """
    with suppress(Permanent):
        await office.poster.call(
            office.client.reactions_remove, channel=channel, timestamp=ts, name=name
        )
