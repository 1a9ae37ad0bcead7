"""The jobs that call Slack: cards, receipts, replies, threads and people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import people
from bot.blocks.card import card
from bot.blocks.receipt import answer, receipt
from bot.blocks.text import SlackMessage, from_slack
from bot.events import files_of
from bot.posting import MessageGone, Poster
from core import conversation, facts, jobs, posted, replies, tickets
from core.categories import Category
from core.desk import Desk
from core.errors import Permanent, Transient
from core.facts import Facts
from core.installation import Installation
from core.jobs import Closing, Kind
from core.retry import Policy
from core.worker import JobKind
from storage.tables import Job, Ticket

TRANSIENT_FOR = timedelta(hours=24)
PAGE = 200
MOST_PAGES = 5


@dataclass(frozen=True)
class Outbox:
    """Does what jobs say, in Slack."""

    desk: Desk
    installation: Installation
    client: AsyncWebClient
    poster: Poster
    categories: tuple[Category, ...]

    def kinds(self) -> dict[Kind, JobKind]:
        """Return how each kind of job is done."""
        policy = Policy(max_age=TRANSIENT_FOR)
        return {
            Kind.CARD: JobKind(self.card, policy),
            Kind.RECEIPT: JobKind(self.receipt, policy),
            Kind.REPLY: JobKind(self.reply, policy, give_up=self.reply_failed),
            Kind.BACKFILL: JobKind(
                self.backfill, Policy(max_attempts=3), give_up=self.backfill_failed
            ),
            Kind.PROFILE: JobKind(self.profile, policy),
            Kind.MEMBERSHIP: JobKind(self.membership, policy),
        }

    async def card(self, job: Job) -> Closing | None:
        """Post the card, or make it show the ticket as it is now."""
        shown = await self._shown(job)
        ticket = shown.ticket
        if ticket.card_version >= ticket.version:
            return None
        message = card(shown, categories=self.categories, link=self.installation.link(ticket))
        channel = ticket.card_channel or self.installation.triage_channel
        ts = ticket.card_ts or await self.poster.find(
            job.message_key, channel=channel, since=tried_since(job)
        )
        if ts is None or not await self._updated(message, channel, ts):
            ts = await self.poster.post(
                message, key=job.message_key, channel=channel, look_since=tried_since(job)
            )
        return self._note(posted.card, ticket, channel=channel, ts=ts)

    async def _shown(self, job: Job) -> Facts:
        return await self.desk.read(
            facts.of_ticket, installation=self.installation, number=job.ticket_id or 0
        )

    async def _updated(self, message: SlackMessage, channel: str, ts: str) -> bool:
        """Update the message; say whether it is still there, for somebody may have deleted it."""
        try:
            await self.poster.update(message, channel=channel, ts=ts)
        except MessageGone:
            return False
        return True

    async def receipt(self, job: Job) -> Closing | None:
        """Post the requester's receipt, update it, or take it back from what is no ticket."""
        shown = await self._shown(job)
        ticket = shown.ticket
        if ticket.receipt_version >= ticket.version:
            return None
        channel = ticket.channel or await self._direct_channel(ticket)
        if ticket.withdrawn_at is not None:
            if ticket.receipt_ts is not None:
                await self.poster.delete(channel=channel, ts=ticket.receipt_ts)
            return self._note(posted.receipt, ticket, channel=channel, ts=None)
        message = receipt(ticket)
        ts = ticket.receipt_ts or await self.poster.find(
            job.message_key, channel=channel, thread_ts=ticket.root_ts, since=tried_since(job)
        )
        if ts is None:
            ts = await self.poster.post(
                message, key=job.message_key, channel=channel, thread_ts=ticket.root_ts
            )
        else:
            await self.poster.update(message, channel=channel, ts=ts)
        return self._note(posted.receipt, ticket, channel=channel, ts=ts)

    async def _direct_channel(self, ticket: Ticket) -> str:
        if ticket.requester.slack_user_id is None:
            raise Permanent("the requester is not in the workspace")
        return await self.poster.direct_channel(ticket.requester.slack_user_id)

    def _note(
        self, service: Callable[..., None], ticket: Ticket, *, channel: str, ts: str | None
    ) -> Closing:
        return partial(
            service,
            installation=self.installation,
            number=ticket.id,
            version=ticket.version,
            channel=channel,
            ts=ts,
        )

    async def reply(self, job: Job) -> Closing:
        """Deliver an approved reply to the requester."""
        ticket, reply = await self.desk.read(
            replies.to_deliver, installation=self.installation, reply_id=job.payload["reply_id"]
        )
        if ticket.channel is None or ticket.root_ts is None:
            await self._explain_missing_receipt(ticket)
            raise Transient("the requester's receipt, which it answers, is not posted yet")
        since = reply.approved_at if reply.delivery_generation > 1 else tried_since(job)
        ts = await self.poster.post(
            answer(reply, ticket),
            key=job.message_key,
            channel=ticket.channel,
            thread_ts=ticket.root_ts,
            look_since=since,
        )
        return partial(
            replies.delivered,
            installation=self.installation,
            reply_id=reply.id,
            channel=ticket.channel,
            ts=ts,
        )

    async def _explain_missing_receipt(self, ticket: Ticket) -> None:
        """Raise Permanent if the receipt of a ticket without a thread will not come by itself."""
        why = await self.desk.read(jobs.given_up, lane=f"{Kind.RECEIPT}:{ticket.id}")
        if why is not None:
            raise Permanent(why)

    def reply_failed(self, job: Job, reason: str) -> Closing:
        """Return what lets the card say that the reply did not arrive."""
        return partial(
            replies.undelivered,
            installation=self.installation,
            reply_id=job.payload["reply_id"],
            reason=reason,
        )

    async def backfill(self, job: Job) -> Closing:
        """Fetch the thread of a ticket that a shortcut opened: one read, at creation only."""
        shown = await self._shown(job)
        ticket = shown.ticket
        said: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            page = await self.poster.call(
                self.client.conversations_replies,
                channel=ticket.channel,
                ts=ticket.root_ts,
                limit=PAGE,
                **({"cursor": cursor} if cursor else {}),
            )
            said += page.get("messages", [])
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                break
        heard = [
            conversation.Heard(
                user_id=str(message["user"]),
                ts=str(message["ts"]),
                text=from_slack(str(message.get("text", ""))),
                files=files_of(message),
            )
            for message in said
            if message.get("user") and not message.get("bot_id")
        ]
        return partial(
            conversation.backfilled, installation=self.installation, number=ticket.id, said=heard
        )

    def backfill_failed(self, job: Job, reason: str) -> Closing:
        """Return what goes on with the one message that the shortcut carried."""
        return partial(
            conversation.backfilled,
            installation=self.installation,
            number=job.ticket_id or 0,
            said=[],
        )

    async def profile(self, job: Job) -> Closing:
        """Fetch the name of a person who was seen for the first time."""
        profile = await people.fetch_profile(
            self.poster, self.client, str(job.payload["user_id"]), self.installation
        )

        return partial(tickets.introduced, installation=self.installation, profile=profile)

    async def membership(self, job: Job) -> Closing:
        """Make the members of the triage channel the agents."""
        return await people.refresh_agents(self.poster, self.client, self.desk, self.installation)


def tried_since(job: Job) -> datetime | None:
    """Return when the job was first tried, or None if this is its first try."""
    return job.started_at if job.attempts > 1 else None
