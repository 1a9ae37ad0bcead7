"""Copies of the conversation in the thread of the card."""

from functools import partial

from bot.blocks.mirror import call, mirror
from bot.outbox.office import Office, tried_since
from bot.posting import MessageGone
from core import mirrors
from core.errors import Transient
from core.jobs import Closing
from core.mirrors import Mirrored
from storage.tables import Job, Role

# So often is looked whether Slack has said the name of a person who was never seen before.
INTRODUCED = 3


async def copy(office: Office, job: Job) -> Closing | None:
    """Copy a message into the thread of its ticket's card, or bring its copy up to date."""
    shown = await office.desk.read(
        mirrors.of_message,
        installation=office.installation,
        message_id=job.payload["message_id"],
    )
    ticket, message = shown.ticket, shown.message
    if stray := job.payload.get("stray"):
        await office.poster.delete(channel=stray[0], ts=stray[1])
    if shown.is_on_card:  # a message that was taken out of another ticket
        await _take_back(office, job, shown)
        return None
    if office.installation.hides(ticket):
        await _call_assignee(office, job, shown)
        return None
    if office.installation.must_move(ticket):
        raise Transient("the card, in whose thread it belongs, is being moved", retry_after=0.5)
    if ticket.card_ts is None or ticket.card_channel is None:
        raise Transient("the card, in whose thread it belongs, is not posted yet")
    if message.author is not None and not message.author.profile_at and job.attempts < INTRODUCED:
        raise Transient("who wrote it is being asked", retry_after=0.5)
    poster, channel = office.poster, ticket.card_channel
    ts = message.mirror_ts or await poster.find(
        job.message_key, channel=channel, thread_ts=ticket.card_ts, since=tried_since(job)
    )
    if ts is not None:
        try:
            await poster.update(mirror(shown), channel=channel, ts=ts)
        except MessageGone:  # by an admin's hand: it is not forced upon them again
            return None
    elif message.deleted_at is None:
        ts = await poster.post(
            mirror(shown), key=job.message_key, channel=channel, thread_ts=ticket.card_ts
        )
    else:
        return None
    return partial(mirrors.mirrored, installation=office.installation, shown=shown, ts=ts)


async def _take_back(office: Office, job: Job, shown: Mirrored) -> None:
    """Delete what an earlier try may have posted below the card of the ticket that it was for."""
    ticket = (await office.facts_of(job)).ticket
    if ticket.id == shown.ticket.id or ticket.card_channel is None or ticket.card_ts is None:
        return
    ts = await office.poster.find(
        job.message_key,
        channel=ticket.card_channel,
        thread_ts=ticket.card_ts,
        since=tried_since(job),
    )
    if ts is not None:
        await office.poster.delete(channel=ticket.card_channel, ts=ts)


async def _call_assignee(office: Office, job: Job, shown: Mirrored) -> None:
    """Tell the assignee by direct message that there is something new to open."""
    message, assignee = shown.message, shown.ticket.assignee
    is_news = message.edited_at is None and message.deleted_at is None
    if message.role is not Role.REQUESTER or assignee is None or not is_news:
        return
    channel = await office.poster.direct_channel(assignee.slack_user_id or "")
    link = office.installation.card_link(shown.ticket)
    await office.poster.post(
        call(shown, link=link), key=job.message_key, channel=channel, look_since=tried_since(job)
    )


def not_copied(office: Office, job: Job, _reason: str) -> Closing:
    """Return what makes the card due: somebody may have deleted it, and its thread with it."""
    return partial(
        mirrors.not_mirrored, installation=office.installation, number=job.ticket_id or 0
    )
