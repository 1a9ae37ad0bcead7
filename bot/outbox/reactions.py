"""Emoji that the bot puts under messages."""

from bot.outbox.office import Office
from core.errors import Permanent
from storage.tables import Job

THANKS = "heart"


async def react(office: Office, job: Job) -> None:
    """Answer thanks with an emoji; if that is there already, all is well."""
    try:
        await office.poster.call(
            office.client.reactions_add,
            channel=job.payload["channel"],
            timestamp=job.payload["ts"],
            name=THANKS,
        )
    except Permanent as error:
        if "already_reacted" not in str(error):
            raise
