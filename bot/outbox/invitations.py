"""The message in a channel to which the bot was invited."""

from contextlib import suppress

from bot.blocks.invitation import invitation
from bot.outbox.office import Office, tried_since
from bot.posting import MessageGone
from core import channels
from storage.tables import Job


async def show(office: Office, job: Job) -> None:
    """Post it, or let it say what was chosen."""
    channel, ts = str(job.payload["channel"]), job.payload.get("ts")
    shown = await office.desk.read(
        channels.invitation, installation=office.installation, channel=channel
    )
    message = invitation(shown)
    if ts is None:
        await office.poster.post(
            message, key=job.message_key, channel=channel, look_since=tried_since(job)
        )
        return
    with suppress(MessageGone):
        await office.poster.update(message, channel=channel, ts=str(ts))
