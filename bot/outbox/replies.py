"""Approved replies on their way to the requester."""

from functools import partial

from bot.blocks.receipt import answer
from bot.outbox.office import Office, tried_since
from core import jobs, replies
from core.errors import Permanent, Transient
from core.jobs import Closing, Kind
from storage.tables import Job, Ticket


async def deliver(office: Office, job: Job) -> Closing:
    """Deliver an approved reply to the requester."""
    ticket, reply = await office.desk.read(
        replies.to_deliver, installation=office.installation, reply_id=job.payload["reply_id"]
    )
    if ticket.channel is None or ticket.root_ts is None:
        await _explain_missing_receipt(office, ticket)
        raise Transient("the requester's receipt, which it answers, is not posted yet")
    since = reply.approved_at if reply.delivery_generation > 1 else tried_since(job)
    ts = await office.poster.post(
        answer(reply, ticket),
        key=job.message_key,
        channel=ticket.channel,
        thread_ts=ticket.root_ts,
        look_since=since,
    )
    return partial(
        replies.delivered,
        installation=office.installation,
        reply_id=reply.id,
        channel=ticket.channel,
        ts=ts,
    )


async def _explain_missing_receipt(office: Office, ticket: Ticket) -> None:
    """Raise Permanent if the receipt of a ticket without a thread will not come by itself."""
    why = await office.desk.read(jobs.given_up, ticket_id=ticket.id, kind=Kind.RECEIPT)
    if why is not None:
        raise Permanent(why)


def not_delivered(office: Office, job: Job, reason: str) -> Closing:
    """Return what lets the card say that the reply did not arrive."""
    return partial(
        replies.undelivered,
        installation=office.installation,
        reply_id=job.payload["reply_id"],
        reason=reason,
    )
