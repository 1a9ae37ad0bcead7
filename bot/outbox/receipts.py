"""The requester's receipt."""

from bot.blocks.receipt import receipt
from bot.outbox import reactions
from bot.outbox.courses import direct_channel
from bot.outbox.office import Office, tried_since
from bot.posting import Unreachable
from core import posted
from core.facts import Facts
from core.jobs import Closing
from core.rush import SEEN
from storage.tables import Job


async def show(office: Office, job: Job) -> Closing | None:
    """Post the receipt, update it, or take it back from what is no ticket."""
    facts = await office.facts_of(job)
    ticket = facts.ticket
    poster = office.poster
    if ticket.receipt_version >= ticket.version:
        return None
    if ticket.withdrawn_at is not None:
        channel = ticket.channel or await direct_channel(office, ticket)
        if ticket.receipt_ts is not None:
            await poster.delete(channel=channel, ts=ticket.receipt_ts)
        elif ticket.root_ts is not None:  # in a rush, an emoji stood for it
            await reactions.take_back(office, channel=channel, ts=ticket.root_ts, name=SEEN)
        return office.note(posted.receipt, ticket, channel=channel, ts=None)
    if ticket.receipt_ts is not None and ticket.channel is not None:
        channel, ts = ticket.channel, ticket.receipt_ts
        message = receipt(ticket, channel=channel, joined=facts.joined)
        await poster.update(message, channel=channel, ts=ts)
    else:
        channel, ts = await _first(office, job, facts)
    return office.note(posted.receipt, ticket, channel=channel, ts=ts)


async def _first(office: Office, job: Job, facts: Facts) -> tuple[str, str]:
    """Post it in the ticket's thread. Without one, or out of its reach, a direct message is it."""
    ticket = facts.ticket
    if ticket.channel is not None and ticket.root_ts is not None:
        try:
            ts = await _put(office, job, facts, channel=ticket.channel, thread_ts=ticket.root_ts)
        except Unreachable:
            pass
        else:
            return ticket.channel, ts
    channel = await direct_channel(office, ticket)
    return channel, await _put(office, job, facts, channel=channel, thread_ts=None)


async def _put(
    office: Office, job: Job, facts: Facts, *, channel: str, thread_ts: str | None
) -> str:
    """Post it there, or update what an earlier try posted."""
    message = receipt(facts.ticket, channel=channel, joined=facts.joined)
    ts = await office.poster.find(
        job.message_key, channel=channel, thread_ts=thread_ts, since=tried_since(job)
    )
    if ts is None:
        return await office.poster.post(
            message, key=job.message_key, channel=channel, thread_ts=thread_ts
        )
    await office.poster.update(message, channel=channel, ts=ts)
    return ts
