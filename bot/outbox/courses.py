"""Where a message to a requester goes: into their thread, or past it by direct message."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.blocks.text import SlackMessage
from bot.outbox.office import Office
from bot.posting import Unreachable, is_direct
from core import jobs
from core.course import Course
from core.errors import Permanent, Transient
from core.jobs import Kind
from storage.tables import Ticket

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Letter:
    """A message for a requester; ``alone`` is how it reads where nothing above it explains it."""

    key: str
    below: SlackMessage
    alone: SlackMessage


@dataclass(frozen=True)
class Arrived:
    """Where it stands, and why it went by direct message if it did."""

    channel: str
    ts: str
    detour: str | None


async def send(
    office: Office, course: Course, letter: Letter, *, since: datetime | None
) -> Arrived:
    """Post the letter where the conversation goes on, or else by direct message.

    ``since`` is when an earlier try may have posted it, in either place.

    Raises:
        Unreachable: there is no way to that person.
        Transient, Permanent: see ``Poster.call``.
    """
    if course.is_past:
        return await _past(office, course, letter, since=since, why=course.detour or "")
    channel, root_ts = await _thread(office, course)
    earlier = await _sent_past(office, course, letter.key, since)
    if earlier is not None:
        return earlier
    try:
        if is_direct(channel):
            # Slack takes messages to people who are gone, and says nothing:
            # https://github.com/slackapi/python-slack-sdk/issues/1156
            await direct_channel(office, course.ticket)
        ts = await office.poster.post(
            letter.below, key=letter.key, channel=channel, thread_ts=root_ts, look_since=since
        )
    except Unreachable as why:
        return await _past(office, course, letter, since=since, why=str(why))
    return Arrived(channel, ts, course.detour)


async def find(office: Office, course: Course, key: str, *, since: datetime) -> Arrived | None:
    """Return where the letter with that key was left since then, or None.

    Raises:
        Transient, Permanent: see ``Poster.call``.
    """
    if course.channel is not None and course.root_ts is not None:
        try:
            ts = await office.poster.find(
                key, channel=course.channel, thread_ts=course.root_ts, since=since
            )
        except Unreachable:
            ts = None
        if ts is not None:
            return Arrived(course.channel, ts, course.detour)
    return await _sent_past(office, course, key, since)


async def _past(
    office: Office, course: Course, letter: Letter, *, since: datetime | None, why: str
) -> Arrived:
    """Post it by direct message, for the thread cannot be reached."""
    try:
        channel = await direct_channel(office, course.ticket)
        ts = await office.poster.post(
            letter.alone, key=letter.key, channel=channel, look_since=since
        )
    except Unreachable as error:
        if str(error) == why:
            raise
        raise Unreachable(f"{why}, and by direct message: {error}") from error
    log.info("sent by direct message", why=why)
    return Arrived(channel, ts, why)


async def _sent_past(
    office: Office, course: Course, key: str, since: datetime | None
) -> Arrived | None:
    """Return where an earlier try left it by direct message, or None.

    The thread may be within reach again, and must not get what was sent past it.
    """
    if since is None or is_direct(course.channel or ""):
        return None
    try:
        channel = await direct_channel(office, course.ticket)
        ts = await office.poster.find(key, channel=channel, since=since)
    except Unreachable:
        return None
    return Arrived(channel, ts, "the thread was out of reach") if ts is not None else None


async def _thread(office: Office, course: Course) -> tuple[str, str]:
    """Return the thread in which the conversation goes on.

    Raises:
        Transient: it comes with the receipt, which is not posted yet.
        Permanent: the receipt will not come by itself.
    """
    if course.channel is not None and course.root_ts is not None:
        return course.channel, course.root_ts
    why = await office.desk.read(jobs.given_up, ticket_id=course.ticket.id, kind=Kind.RECEIPT)
    if why is not None:
        raise Permanent(why)
    raise Transient("the requester's receipt, which it answers, is not posted yet")


async def direct_channel(office: Office, ticket: Ticket) -> str:
    """Return the channel of the bot's direct messages with the requester.

    Raises:
        Unreachable: there is none.
        Transient, Permanent: see ``Poster.call``.
    """
    if ticket.requester.slack_user_id is None:
        raise Unreachable("the requester is not in the workspace")
    return await office.poster.direct_channel(ticket.requester.slack_user_id)
