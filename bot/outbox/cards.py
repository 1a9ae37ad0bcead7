"""The card in the triage channel, or a private ticket's in the channel of private ones."""

from functools import partial

from bot.blocks.card import card, hidden
from bot.blocks.text import SlackMessage
from bot.outbox.office import Office, tried_since
from bot.posting import MessageGone, Poster
from core import alarms, posted
from core.facts import Facts
from core.jobs import Closing
from storage.tables import Job


async def show(office: Office, job: Job) -> Closing | None:
    """Post the card, make it show the ticket as it is now, or move it to where it belongs now."""
    shown = await office.facts_of(job)
    ticket, poster = shown.ticket, office.poster
    if ticket.card_version >= ticket.version:
        return None
    installation, since = office.installation, tried_since(job)
    channel = ticket.card_channel or installation.triage_channel
    ts = ticket.card_ts or await poster.find(job.message_key, channel=channel, since=since)
    begins_to_hide = installation.hides(ticket) and not ticket.card_hidden
    if ts is not None and (begins_to_hide or installation.must_move(ticket)):
        await poster.clear_thread(channel=channel, ts=ts, bot_user_id=installation.bot_user_id)
    if installation.must_move(ticket):
        # Before the new one is posted: until then, people see it who must not.
        if ts is not None:
            await poster.delete(channel=channel, ts=ts)
        channel = installation.card_channel(private=True)
        ts = await poster.find(job.message_key, channel=channel, since=since)
    message = _message(office, shown)
    if ts is None or not await _updated(poster, message, channel, ts):
        ts = await poster.post(message, key=job.message_key, channel=channel, look_since=since)
    note = partial(posted.card, is_hidden=installation.hides(ticket))
    return office.note(note, ticket, channel=channel, ts=ts)


def not_shown(office: Office, job: Job, reason: str) -> Closing:
    """Return what tells the admins that agents do not see the ticket as it is."""
    return partial(
        alarms.card_given_up,
        installation=office.installation,
        number=job.ticket_id or 0,
        reason=reason,
    )


def _message(office: Office, facts: Facts) -> SlackMessage:
    if office.installation.hides(facts.ticket):
        return hidden(facts.ticket)
    link = office.installation.link(facts.ticket)
    return card(facts, categories=office.settings.categories, link=link)


async def _updated(poster: Poster, message: SlackMessage, channel: str, ts: str) -> bool:
    """Update the message; say whether it is still there, for somebody may have deleted it."""
    try:
        await poster.update(message, channel=channel, ts=ts)
    except MessageGone:
        return False
    return True
