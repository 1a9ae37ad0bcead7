"""Handovers: the summary that is suggested in the form, and the word to whoever takes over."""

from functools import partial

from bot.blocks.handover import handed_over, handover_form
from bot.outbox.office import Office, tried_since
from bot.posting import ViewGone
from core import handover
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


async def tell(office: Office, job: Job) -> None:
    """Tell whoever takes the ticket over, unless it was handed over anew."""
    ticket = (await office.facts_of(job)).ticket
    to = ticket.transferred_to
    if to is None or _moment(ticket) != job.payload["at"]:
        return
    to_person = handover.is_person(to)
    await office.poster.post(
        handed_over(
            ticket,
            request=office.installation.link(ticket),
            card=office.installation.card_link(ticket),
            to_person=to_person,
        ),
        key=job.message_key,
        channel=await office.poster.direct_channel(to) if to_person else to,
        look_since=tried_since(job),
    )


def _moment(ticket: Ticket) -> str:
    return ticket.transferred_at.isoformat() if ticket.transferred_at else ""


def not_told(office: Office, job: Job, _reason: str) -> Closing:
    """Return what lets the card say that nobody was told."""
    return partial(handover.not_told, installation=office.installation, number=job.ticket_id or 0)
