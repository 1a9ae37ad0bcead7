"""Answers that were taken back: deleted where they stand, and the requester is told once."""

from functools import partial

from bot.blocks.receipt import taken_back
from bot.outbox import courses
from bot.outbox.office import Office, tried_since
from core import replies, taking_back
from core.course import Course
from core.jobs import Closing
from storage.tables import Job, Reply


async def undo(office: Office, job: Job) -> Closing:
    """Delete the answer and say so in its place; an answer that never stood there is no news."""
    course, reply, _ = await office.desk.read(
        replies.to_deliver, installation=office.installation, reply_id=job.payload["reply_id"]
    )
    channel, ts = await _place(office, job, course, reply)
    if channel is not None and ts is not None:
        await office.poster.delete(channel=channel, ts=ts)
        root_ts = course.ticket.root_ts if channel == course.ticket.channel else None
        await office.poster.post(
            taken_back(reply, course.ticket),
            key=job.message_key,
            channel=channel,
            thread_ts=root_ts,
            look_since=tried_since(job),
        )
    return _ends(office, job, problem=None)


async def _place(
    office: Office, job: Job, course: Course, reply: Reply
) -> tuple[str | None, str | None]:
    """Where the answer stands, if it does: a delivery may have died before it could note that.

    What is found is noted before it is deleted, for a second try would not find it again.
    """
    channel, ts = await office.desk.read(taking_back.place_of, reply_id=reply.id)
    if ts is not None:
        return channel, ts
    found = await courses.find(office, course, job.payload["sent_under"], since=reply.approved_at)
    if found is None:
        return None, None
    await office.desk.run(
        replies.delivered,
        installation=office.installation,
        reply_id=reply.id,
        channel=found.channel,
        ts=found.ts,
        detour=found.detour,
    )
    return found.channel, found.ts


def not_undone(office: Office, job: Job, reason: str) -> Closing:
    """Return what lets the card say that the requester may still see the answer."""
    return _ends(office, job, problem=reason)


def _ends(office: Office, job: Job, *, problem: str | None) -> Closing:
    return partial(
        taking_back.undone,
        installation=office.installation,
        reply_id=job.payload["reply_id"],
        problem=problem,
    )
