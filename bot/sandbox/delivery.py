"""Deliveries to the bot: once if it acknowledges, up to four times if it does not."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from bot.sandbox.faults import DeliveryFault, Faults
from bot.sandbox.ids import new_id
from bot.sandbox.records import Json
from bot.sandbox.timing import Timing
from bot.sandbox.traffic import Traffic

EnvelopeType = Literal["events_api", "slash_commands", "interactive"]
AckStatus = Literal["acked", "timeout", "refused", "unreachable"]


@dataclass(frozen=True)
class Ack:
    """How one delivery ended: what the bot answered (if anything) and after how many ms."""

    status: AckStatus
    ms: float
    payload: Json | None = None
    no_retry: bool = False

    @property
    def acked(self) -> bool:
        return self.status == "acked"


@dataclass(frozen=True)
class Attempt:
    """One delivery as a transport sees it; `retry` counts from 0."""

    type: EnvelopeType
    payload: Json
    retry: int = 0
    reason: str = ""


class Transport(Protocol):
    """How a payload gets to the bot: Socket Mode or signed HTTP."""

    async def send(self, attempt: Attempt, timeout: float) -> Ack:  # noqa: ASYNC109 - part of Slack's protocol
        """Deliver and wait for the acknowledgement, `timeout` seconds at most."""
        ...

    def retry_reason(self, ack: Ack) -> str:
        """Why Slack delivers again, in Slack's word."""
        ...


class Delivery:
    """Delivers events (with redelivery), commands and interactions (without).

    https://docs.slack.dev/apis/events-api/#retries
    """

    def __init__(
        self, transport: Transport, timing: Timing, traffic: Traffic, faults: Faults
    ) -> None:
        self.transport = transport
        self._timing = timing
        self._traffic = traffic
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._noted: list[list[asyncio.Future[Ack]]] = []

    @property
    def under_way(self) -> int:
        """Events not acknowledged yet and not given up either."""
        return len(self._tasks)

    @contextmanager
    def noting(self) -> Iterator[list[asyncio.Future[Ack]]]:
        """The first acknowledgements of the events sent inside the block, as futures."""
        noted: list[asyncio.Future[Ack]] = []
        self._noted.append(noted)
        try:
            yield noted
        finally:
            self._noted.remove(noted)

    def send_event(self, payload: Json) -> None:
        """Deliver an `event_callback`, and again until it is acknowledged or given up."""
        first: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        for noted in self._noted:
            noted.append(first)
        self._start(self._deliver(payload, first))
        fault = self._faults.strike_delivery(
            _name(payload), DeliveryFault.DUPLICATED, DeliveryFault.DUPLICATED_ANEW
        )
        if fault:
            anew = fault.kind is DeliveryFault.DUPLICATED_ANEW
            twin = payload | ({"event_id": new_id("Ev")} if anew else {})
            self._start(self._deliver(twin, None))

    def send_again(self, payload: Json) -> None:
        """Deliver an event once more, as if it were another one: under a new `event_id`."""
        self._start(self._deliver(payload | {"event_id": new_id("Ev")}, None))

    async def send(self, envelope: EnvelopeType, payload: Json) -> Ack:
        """Deliver a slash command or an interaction, once."""
        return await self._attempt(Attempt(envelope, payload))

    async def _deliver(self, payload: Json, first: asyncio.Future[Ack] | None) -> None:
        attempt = Attempt("events_api", payload)
        waits = iter(self._timing.redeliveries)
        while True:
            ack = await self._attempt(attempt)
            if first and not first.done():
                first.set_result(ack)
            wait = next(waits, None)
            if ack.acked or ack.no_retry or wait is None:
                return
            await asyncio.sleep(wait)
            attempt = replace(
                attempt, retry=attempt.retry + 1, reason=self.transport.retry_reason(ack)
            )

    async def _attempt(self, attempt: Attempt) -> Ack:
        ack = await self.transport.send(attempt, self._timing.ack)
        name = _name(attempt.payload)
        fault = None
        if ack.acked and attempt.type == "events_api":
            fault = self._faults.strike_delivery(name, DeliveryFault.ACK_LOST)
        if fault:
            ack = replace(ack, status="timeout", payload=None)
        self._traffic.record(
            "delivery",
            attempt.type,
            name=name,
            payload=attempt.payload,
            response=ack.payload,
            status=ack.status,
            ms=ack.ms,
            retry=attempt.retry,
            fault=fault.kind if fault else None,
        )
        return ack

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up everything that is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _name(payload: Json) -> str:
    """What a person would call this delivery: `message`, `/ticket`, `block_actions`."""
    event = payload.get("event")
    if isinstance(event, dict):
        return str(event.get("type", ""))
    return str(payload.get("command") or payload.get("type", ""))
