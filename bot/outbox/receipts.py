"""The requester's receipt."""

from bot.blocks.receipt import receipt
from bot.outbox.office import Office, tried_since
from core import posted
from core.errors import Permanent
from core.jobs import Closing
from storage.tables import Job, Ticket


async def show(office: Office, job: Job) -> Closing | None:
    """Post the receipt, update it, or take it back from what is no ticket."""
    facts = await office.facts_of(job)
    ticket = facts.ticket
    poster = office.poster
    if ticket.receipt_version >= ticket.version:
        return None
    channel = ticket.channel or await _direct_channel(office, ticket)
    if ticket.withdrawn_at is not None:
        if ticket.receipt_ts is not None:
            await poster.delete(channel=channel, ts=ticket.receipt_ts)
        return office.note(posted.receipt, ticket, channel=channel, ts=None)
    message = receipt(ticket, joined=facts.joined)
    ts = ticket.receipt_ts or await poster.find(
        job.message_key, channel=channel, thread_ts=ticket.root_ts, since=tried_since(job)
    )
    if ts is None:
        ts = await poster.post(
            message, key=job.message_key, channel=channel, thread_ts=ticket.root_ts
        )
    else:
        await poster.update(message, channel=channel, ts=ts)
    return office.note(posted.receipt, ticket, channel=channel, ts=ts)


async def _direct_channel(office: Office, ticket: Ticket) -> str:
    if ticket.requester.slack_user_id is None:
        raise Permanent("the requester is not in the workspace")
    return await office.poster.direct_channel(ticket.requester.slack_user_id)
