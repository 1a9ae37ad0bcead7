"""Handovers: the summary that is suggested in the form, and the word to whoever takes over."""

from datetime import datetime
from functools import partial

from bot.blocks.handover import handed_over, handover_form
from bot.outbox.office import Office, tried_since
from bot.posting import ViewGone
from core import handover, handover_words
from core.errors import Permanent
from core.handover_job import Handover
from core.jobs import Closing
from storage.tables import Job, Ticket


async def suggest(office: Office, summaries: Handover, job: Job) -> None:
    """Put a summary into the form, unless the agent has closed it."""
    suggestion = await summaries.suggest(job)
    try:
        await office.poster.call(
            office.client.views_update,
            view_id=job.payload["form"],
            view=handover_form(suggestion.ticket, suggestion),
        )
    except ViewGone:
        return


async def tell(office: Office, job: Job) -> Closing | None:
    """Tell whoever takes the ticket over, unless it was handed over anew.

    What an earlier try posted is noted in any case, so that it can be taken away.

    Raises:
        Permanent: the ticket became private, and they must not read of it.
    """
    to = job.payload["to"]
    ticket, may_read = await office.desk.read(
        handover_words.to_tell,
        installation=office.installation,
        number=job.ticket_id or 0,
        to=to,
    )
    to_person = handover_words.is_person(to)
    channel = await office.poster.direct_channel(to) if to_person else to
    ts = await office.poster.find(job.message_key, channel=channel, since=tried_since(job))
    # What an earlier try posted shows the ticket as it was then.
    has_summary = ts is not None or ticket.handover_summary is not None
    if ts is None:
        if _moment(ticket) != job.payload["at"]:
            return None
        if not may_read:
            raise Permanent("the ticket is private now, and they may not see it")
        message = handed_over(
            ticket,
            request=office.installation.link(ticket),
            card=office.installation.card_link(ticket),
            to_person=to_person,
        )
        ts = await office.poster.post(message, key=job.message_key, channel=channel)
    return partial(
        handover_words.told,
        installation=office.installation,
        number=ticket.id,
        to=to,
        at=datetime.fromisoformat(job.payload["at"]),
        channel=channel,
        ts=ts,
        has_summary=has_summary,
    )


async def take_away(office: Office, job: Job) -> None:
    """Delete what was posted for whoever took the ticket over."""
    await office.poster.delete(channel=job.payload["channel"], ts=job.payload["ts"])


def _moment(ticket: Ticket) -> str:
    return ticket.transferred_at.isoformat() if ticket.transferred_at else ""


def not_told(office: Office, job: Job, _reason: str) -> Closing:
    """Return what lets the card say that nobody was told."""
    return partial(handover.not_told, installation=office.installation, number=job.ticket_id or 0)
