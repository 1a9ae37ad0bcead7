"""The digest of a weekday."""

from bot.blocks.digest import digest
from bot.outbox.office import Office, tried_since
from core import digest as digests
from core.schedule import DIGEST_GRACE
from storage.tables import Job, utcnow


async def post(office: Office, job: Job) -> None:
    """Post it to the triage channel, unless there is nothing to say or its hour has gone by."""
    now = utcnow()
    if now - job.created_at > DIGEST_GRACE:
        return
    installation = office.installation
    facts = await office.desk.read(digests.of_today, installation=installation)
    if facts is None:
        return
    await office.poster.post(
        digest(facts, installation=installation, now=now),
        key=job.message_key,
        channel=installation.triage_channel,
        look_since=tried_since(job),
    )
