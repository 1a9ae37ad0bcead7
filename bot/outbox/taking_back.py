"""Answers that were taken back: deleted where they stand, and the requester is told once."""

from dataclasses import replace
from functools import partial

from bot.blocks.receipt import taken_back
from bot.outbox import courses
from bot.outbox.courses import Letter
from bot.outbox.office import Office, tried_since
from core import delivery, taking_back
from core.course import Course
from core.jobs import Closing
from storage.tables import Job, Reply


async def undo(office: Office, job: Job) -> Closing:
    """Delete the answer and say so in its place; an answer that never stood there is no news."""
    course, reply, _ = await office.desk.read(
        delivery.to_deliver, installation=office.installation, reply_id=job.payload["reply_id"]
    )
    channel, ts = await _place(office, job, course, reply)
    if channel is not None and ts is not None:
        await office.poster.delete(channel=channel, ts=ts)
        await _tell(office, job, course, reply, channel)
    return _ends(office, job, problem=None)


async def _tell(office: Office, job: Job, course: Course, reply: Reply, channel: str) -> None:
    """Say where the answer stood that it is gone; past the thread if that cannot be reached."""
    line, since = taken_back(reply, course.ticket), tried_since(job)
    if channel == course.ticket.channel:
        there = replace(course, channel=channel, root_ts=course.ticket.root_ts, detour=None)
        await courses.send(office, there, Letter(job.message_key, line, line), since=since)
    else:
        await office.poster.post(line, key=job.message_key, channel=channel, look_since=since)


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
        delivery.delivered,
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
