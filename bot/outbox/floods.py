"""Agents hear of a person who opens very many tickets."""

from slack_sdk.models.blocks import SectionBlock

from bot.blocks.text import SlackMessage, inert, mrkdwn
from bot.outbox.office import Office, tried_since
from core import floods
from core.contacts import name_of
from storage.tables import Job


async def tell(office: Office, job: Job) -> None:
    """Post who is stopped, and what that means."""
    person = await office.desk.read(floods.person, contact_id=job.payload["contact_id"])
    most = office.installation.rules.most_requests
    text = (
        f"*{inert(name_of(person))}* opened {most} tickets within ten minutes. Further ones are "
        "not taken for a while, and they were told so. REQUESTS_PER_10_MINUTES sets the limit."
    )
    await office.poster.post(
        SlackMessage(text=text.replace("*", ""), blocks=[SectionBlock(text=mrkdwn(text))]),
        key=job.message_key,
        channel=office.installation.triage_channel,
        look_since=tried_since(job),
    )
