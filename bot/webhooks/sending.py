"""The job that sends one event to one endpoint."""

import asyncio
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from http import HTTPStatus

import aiohttp
from standardwebhooks import Webhook

from bot.webhooks.network import PrivateAddress
from bot.webhooks.payload import body_of
from core import webhook_jobs
from core.completion import retry_after
from core.desk import Desk
from core.errors import Postponed, Transient
from core.installation import Installation
from core.jobs import Closing
from core.webhook_jobs import ToSend, Try, message_id
from storage.tables import Job, utcnow

# Of the worker's places for webhooks, so that a slow endpoint leaves some to the others.
AT_ONCE = 4
# An event waits so long for a place, then gives its own back and comes later.
PATIENCE = 1.0
COMES_AGAIN = 5.0
# An endpoint that fails is left alone so long, whatever else waits to be sent there.
PAUSE = 5.0


class Sender:
    """Sends events and notes what came of it."""

    def __init__(
        self, desk: Desk, installation: Installation, client: aiohttp.ClientSession
    ) -> None:
        self._desk = desk
        self._installation = installation
        self._client = client
        self._places: defaultdict[int, asyncio.Semaphore] = defaultdict(
            partial(asyncio.Semaphore, AT_ONCE)
        )

    async def handle(self, job: Job) -> Closing | None:
        """Send the job's event.

        Raises:
            Transient: the endpoint did not take it.
            Postponed: it is busy with others.
        """
        sending = await self._desk.read(webhook_jobs.to_send, job=job)
        if sending is None:
            return None
        place = self._places[sending.endpoint.id]
        try:
            async with asyncio.timeout(PATIENCE):
                await place.acquire()
        except TimeoutError:
            raise Postponed("the endpoint is slow", retry_after=COMES_AGAIN) from None
        try:
            tried = await self._send(sending, message_id(job))
        finally:
            place.release()
        return await self._closing(job, sending, tried)

    def give_up(self, job: Job, reason: str) -> Closing:
        """Return what disables the endpoint, unless it takes other events."""
        return partial(webhook_jobs.given_up, job=job, reason=reason)

    async def _closing(self, job: Job, sending: ToSend, tried: Try) -> Closing:
        if tried.status == HTTPStatus.GONE:
            return partial(webhook_jobs.gone, job=job, tried=tried)
        if tried.error is None or sending.is_ping:
            return partial(webhook_jobs.note, job=job, tried=tried)
        await self._desk.run(webhook_jobs.note, job=job, tried=tried)
        raise Transient(tried.error, retry_after=max(tried.retry_after or 0, PAUSE))

    async def _send(self, sending: ToSend, message_id: str) -> Try:
        body = body_of(sending, self._installation)
        now = utcnow()
        headers = {
            "content-type": "application/json",
            "user-agent": "Ticketloop",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(sending.endpoint.secret).sign(message_id, now, body),
        }
        started = time.monotonic()
        tried = await self._post(sending.endpoint.url, body.encode(), headers)
        return replace(tried, duration_ms=round((time.monotonic() - started) * 1000))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Try:
        """Post it and look at the status; nothing that is answered behind the headers is read."""
        try:
            async with self._client.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
                wait = retry_after(answer.headers, utcnow())
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return Try(None, 0, what_went_wrong(error))
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Try(status, 0)
        return Try(status, 0, _said(status), wait)


def _said(status: int) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"it answered {status}; redirections are not followed"
    return f"it answered {status}"


def what_went_wrong(error: Exception) -> str:
    """Return why there was no answer, without the address, which may hold what is secret."""
    if isinstance(error, TimeoutError):
        return "it did not answer within 10 seconds"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "nobody knows its name"
    if isinstance(error, aiohttp.ClientSSLError):
        return "its certificate is not to be trusted"
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, PrivateAddress):
            return "its name leads to a private address now"
        return "nothing answers at its address"
    return f"the connection failed ({type(error).__name__})"
