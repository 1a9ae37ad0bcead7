"""Copies of the conversation in the thread of the card."""

from contextlib import suppress
from functools import partial

from bot.blocks.mirror import call, mirror
from bot.outbox.office import Office, tried_since
from bot.posting import MessageGone, ThreadGone
from core import mirrors
from core.errors import Transient
from core.jobs import Closing
from core.mirrors import Mirrored
from storage.tables import Job, Role, Ticket

# So often is looked whether Slack has said the name of a person who was never seen before.
INTRODUCED = 3


async def copy(office: Office, job: Job) -> Closing | None:
    """Copy a message into the thread of its ticket's card, or bring its copy up to date."""
    shown = await office.desk.read(
        mirrors.of_message,
        installation=office.installation,
        message_id=job.payload["message_id"],
    )
    if stray := job.payload.get("stray"):
        await office.poster.delete(channel=stray[0], ts=stray[1])
    if await _is_out_of_place(office, job, shown):
        return None
    ticket = shown.ticket
    if ticket.card_ts is None or ticket.card_channel is None:
        raise Transient("the card, in whose thread it belongs, is not posted yet")
    author = shown.message.author
    if author is not None and not author.profile_at and job.attempts < INTRODUCED:
        raise Transient("who wrote it is being asked", retry_after=0.5)
    try:
        ts = await _copied(office, job, shown, channel=ticket.card_channel, root_ts=ticket.card_ts)
    except ThreadGone:
        await office.desk.run(
            mirrors.not_mirrored, installation=office.installation, number=ticket.id
        )
        raise Transient("the card, in whose thread it belongs, was deleted") from None
    if ts is None:
        return None
    return partial(mirrors.mirrored, installation=office.installation, shown=shown, ts=ts)


async def _is_out_of_place(office: Office, job: Job, shown: Mirrored) -> bool:
    """Whether no copy may stand below the card; what an earlier try left there is taken away.

    Raises:
        Transient: the card is being moved to where one may.
    """
    ticket, installation = shown.ticket, office.installation
    if shown.is_on_card:  # a message that was taken out of another ticket
        was_for = (await office.facts_of(job)).ticket
        if was_for.id != ticket.id:
            await _take_away(office, job, was_for)
        return True
    if installation.hides(ticket):
        await _take_away(office, job, ticket)
        await _call_assignee(office, job, shown)
        return True
    if installation.must_move(ticket):
        await _take_away(office, job, ticket)
        raise Transient("the card, in whose thread it belongs, is being moved", retry_after=0.5)
    return False


async def _copied(
    office: Office, job: Job, shown: Mirrored, *, channel: str, root_ts: str
) -> str | None:
    """Have the copy stand below the card as it should; return its ts, or None without one.

    Raises:
        ThreadGone: somebody deleted the card.
    """
    poster, message = office.poster, shown.message
    ts = message.mirror_ts or await poster.find(
        job.message_key, channel=channel, thread_ts=root_ts, since=tried_since(job)
    )
    if ts is not None:
        try:
            await poster.update(mirror(shown), channel=channel, ts=ts)
        except MessageGone:  # by an admin's hand: it is not forced upon them again
            return None
        return ts
    if message.deleted_at is not None:
        return None
    return await poster.post(mirror(shown), key=job.message_key, channel=channel, thread_ts=root_ts)


async def _take_away(office: Office, job: Job, ticket: Ticket) -> None:
    """Delete the copy that an earlier try made below a card where it must not stand any more."""
    if ticket.card_channel is None or ticket.card_ts is None:
        return
    place = {"channel": ticket.card_channel, "thread_ts": ticket.card_ts}
    with suppress(ThreadGone):
        ts = await office.poster.find(job.message_key, **place, since=tried_since(job))
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
