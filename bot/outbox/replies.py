"""Approved replies on their way to the requester."""

from functools import partial

from bot.blocks.receipt import answer, answer_alone
from bot.outbox import courses
from bot.outbox.courses import Letter
from bot.outbox.office import Office, tried_since
from core import delivery
from core.jobs import Closing
from storage.tables import Job


async def deliver(office: Office, job: Job) -> Closing | None:
    """Deliver an approved reply to the requester, unless it was taken back."""
    course, reply, asked = await office.desk.read(
        delivery.to_deliver, installation=office.installation, reply_id=job.payload["reply_id"]
    )
    if reply.taken_back_at is not None:
        return None
    arrived = await courses.send(
        office,
        course,
        Letter(
            key=job.message_key,
            below=answer(reply, course.ticket),
            alone=answer_alone(reply, course.ticket, asked=asked),
        ),
        since=reply.approved_at if reply.delivery_generation > 1 else tried_since(job),
    )
    return partial(
        delivery.delivered,
        installation=office.installation,
        reply_id=reply.id,
        channel=arrived.channel,
        ts=arrived.ts,
        detour=arrived.detour,
    )


def not_delivered(office: Office, job: Job, reason: str) -> Closing:
    """Return what lets the card say that the reply did not arrive."""
    return partial(
        delivery.undelivered,
        installation=office.installation,
        reply_id=job.payload["reply_id"],
        reason=reason,
    )
