"""The message that shows how far a batch is."""

from functools import partial

from bot.blocks import batch as blocks
from bot.outbox.office import Office, tried_since
from bot.posting import MessageGone
from core import batches
from core.jobs import Closing
from storage.tables import Job


async def show(office: Office, job: Job) -> Closing | None:
    """Post it, or bring it up to date; it is posted anew where somebody deleted it."""
    found = await office.desk.read(
        batches.found,
        workspace_id=office.installation.workspace_id,
        number=int(job.payload["batch_id"]),
    )
    batch = found.batch
    if batch.channel is None:  # given up by the job before this one
        return None
    channel, poster = batch.channel, office.poster
    message = blocks.progress(batch)
    if batch.message_ts is not None:
        try:
            await poster.update(message, channel=channel, ts=batch.message_ts)
        except MessageGone:
            pass
        else:
            return None
    if channel.startswith(("U", "W")):
        channel = await poster.direct_channel(channel)
    ts = await poster.post(
        message, key=job.message_key, channel=channel, look_since=tried_since(job)
    )
    return partial(batches.shown, batch_id=batch.id, channel=channel, ts=ts)


def not_shown(_office: Office, job: Job, _reason: str) -> Closing:
    """Return what keeps each further count from trying the same in vain."""
    return partial(batches.not_shown, batch_id=int(job.payload["batch_id"]))
