"""The one line that tells a requester that somebody else resolved their ticket."""

from functools import partial

from bot.blocks.receipt import resolution, resolution_alone
from bot.outbox import courses
from bot.outbox.courses import Letter
from bot.outbox.office import Office, tried_since
from core import resolution as resolutions
from core.jobs import Closing
from storage.tables import Job


async def tell(office: Office, job: Job) -> Closing | None:
    """Post it, unless the ticket was reopened meanwhile."""
    course = await office.desk.read(
        resolutions.to_tell,
        installation=office.installation,
        number=job.ticket_id or 0,
        resolved_at=str(job.payload["resolved_at"]),
    )
    if course is None:
        return None
    ticket = course.ticket
    arrived = await courses.send(
        office,
        course,
        Letter(key=job.message_key, below=resolution(ticket), alone=resolution_alone(ticket)),
        since=tried_since(job),
    )
    return partial(
        resolutions.told,
        installation=office.installation,
        number=ticket.id,
        channel=arrived.channel,
        ts=arrived.ts,
    )
