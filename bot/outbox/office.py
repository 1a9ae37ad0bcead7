"""What the jobs that call Slack have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.posting import Poster
from core import facts
from core.desk import Desk
from core.facts import Facts
from core.installation import Installation
from core.jobs import Closing
from core.settings import Settings
from storage.tables import Job, Ticket


@dataclass(frozen=True)
class Office:
    """Everything that a job which calls Slack may use."""

    desk: Desk
    installation: Installation
    settings: Settings
    client: AsyncWebClient
    session: aiohttp.ClientSession
    poster: Poster

    async def facts_of(self, job: Job) -> Facts:
        """Return the job's ticket as it is now."""
        return await self.desk.read(
            facts.of_ticket, installation=self.installation, number=job.ticket_id or 0
        )

    def note(
        self, service: Callable[..., None], ticket: Ticket, *, channel: str, ts: str | None
    ) -> Closing:
        """Return what writes where a message stands, and which version of the ticket it shows."""
        return partial(
            service,
            installation=self.installation,
            number=ticket.id,
            version=ticket.version,
            channel=channel,
            ts=ts,
        )


def tried_since(job: Job) -> datetime | None:
    """Return since when an earlier try may have posted, or None if this is the first one.

    That is the job's whole life: of a job from a backup nobody knows when it was tried after it.
    """
    return job.created_at if job.attempts > 1 else None
