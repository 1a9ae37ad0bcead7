"""The card in the triage channel."""

from functools import partial

from bot.blocks.card import card
from bot.blocks.text import SlackMessage
from bot.outbox.office import Office, tried_since
from bot.posting import MessageGone, Poster
from core import alarms, posted
from core.jobs import Closing
from storage.tables import Job


async def show(office: Office, job: Job) -> Closing | None:
    """Post the card, or make it show the ticket as it is now."""
    shown = await office.facts_of(job)
    ticket, poster = shown.ticket, office.poster
    if ticket.card_version >= ticket.version:
        return None
    message = card(
        shown, categories=office.settings.categories, link=office.installation.link(ticket)
    )
    channel = ticket.card_channel or office.installation.triage_channel
    ts = ticket.card_ts or await poster.find(
        job.message_key, channel=channel, since=tried_since(job)
    )
    if ts is None or not await _updated(poster, message, channel, ts):
        ts = await poster.post(
            message, key=job.message_key, channel=channel, look_since=tried_since(job)
        )
    return office.note(posted.card, ticket, channel=channel, ts=ts)


def not_shown(office: Office, job: Job, reason: str) -> Closing:
    """Return what tells the admins that agents do not see the ticket as it is."""
    return partial(
        alarms.card_given_up,
        installation=office.installation,
        number=job.ticket_id or 0,
        reason=reason,
    )


async def _updated(poster: Poster, message: SlackMessage, channel: str, ts: str) -> bool:
    """Update the message; say whether it is still there, for somebody may have deleted it."""
    try:
        await poster.update(message, channel=channel, ts=ts)
    except MessageGone:
        return False
    return True
