"""Direct messages to single people who are no requesters: admins, and who opened a ticket."""

from functools import partial

from bot.blocks import notice
from bot.blocks.text import SlackMessage
from bot.outbox.office import Office, tried_since
from bot.people import page_of_admins
from core import alarms
from core.alarms import Alarm
from core.jobs import Closing
from storage.tables import Job


async def find_admins(office: Office, job: Job) -> Closing:
    """Look through one page of the workspace's people for whom to tell."""
    alarm = Alarm(**job.payload)
    admins, cursor = await page_of_admins(office.poster, office.client, cursor=alarm.cursor)
    return partial(
        alarms.admins_found,
        installation=office.installation,
        alarm=alarm,
        admins=admins,
        next_cursor=cursor,
    )


async def tell_admin(office: Office, job: Job) -> None:
    """Tell one admin that agents do not see every ticket, or that a webhook is not sent to."""
    reason = str(job.payload["reason"])
    if webhook := job.payload.get("webhook"):
        await _tell(office, job, notice.webhook_disabled(number=webhook, reason=reason))
        return
    channel = str(job.payload["channel"])
    waiting = await office.desk.read(
        alarms.waiting, installation=office.installation, channel=channel
    )
    if waiting:
        message = notice.unreachable(channel=channel, reason=reason, waiting=waiting)
        await _tell(office, job, message)


async def tell_opener(office: Office, job: Job) -> None:
    """Tell who opened a ticket for somebody else which number it has."""
    await _tell(office, job, notice.opened_for((await office.facts_of(job)).ticket))


async def _tell(office: Office, job: Job, message: SlackMessage) -> None:
    channel = await office.poster.direct_channel(str(job.payload["user_id"]))
    await office.poster.post(
        message, key=job.message_key, channel=channel, look_since=tried_since(job)
    )
