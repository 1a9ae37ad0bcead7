"""Takes jobs from the queue, does them, and says how each try ended."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from core import jobs, retry
from core.desk import Desk, in_no_hurry
from core.errors import JobError, LeaseLost, Transient
from core.jobs import Closing, Kind
from core.text import clean
from storage.repositories import claims, leases
from storage.repositories.claims import Claimed
from storage.repositories.jobs import UNDER_WAY
from storage.tables import Job, utcnow

log = structlog.get_logger(__name__)

# How often a process looks for jobs that another process put into the queue.
POLL = timedelta(seconds=1)
# How long nothing new is begun while listeners wait for the database: Slack waits for them.
CROWD = timedelta(seconds=1)
ERROR_LIMIT = 500
# Each of them adds 0.3 ms to a transaction that other writers wait for.
CLAIMED_AT_ONCE = 8
# Seconds between tries to write the end of a job while the database does not answer.
FINISH_DELAYS = (0.5, 1, 2, 4)


class Slot(StrEnum):
    """What a running job waits for: the model, Slack, or a webhook. None holds up another."""

    MODEL = "model"
    SLACK = "slack"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class JobKind:
    """How one kind of job is done.

    ``handle`` returns what is to be written in the transaction that ends the job. ``give_up`` turns
    the reason into what is to be written when it failed for good.
    """

    handle: Callable[[Job], Awaitable[Closing | None]]
    policy: retry.Policy
    slot: Slot = Slot.SLACK
    give_up: Callable[[Job, str], Closing] | None = None


def claim(
    session: Session,
    *,
    kinds: Collection[Kind],
    now: datetime,
    at_most: int,
    lease: timedelta,
    intervals: Mapping[str, timedelta],
    batch_id: int | None,
) -> tuple[Claimed, datetime | None]:
    """Take jobs, so many at most, and say when time brings more if no more may run now."""
    # One moment for both: no job may become due unseen between them.
    claimed = claims.claim(
        session,
        kinds=kinds,
        now=now,
        lease=lease,
        intervals=intervals,
        at_most=at_most,
        batch_id=batch_id,
    )
    if claimed.jobs and not claimed.is_all:
        return claimed, None
    return claimed, claims.next_moment(session, kinds=kinds, now=now, batch_id=batch_id)


class Worker:
    """Runs jobs until it is told to stop.

    ``slots`` bounds how many jobs of each slot run at once; ``intervals`` is the time between two
    calls of a pace, by the pace's name. A lease that is not extended for ``lease`` expires, and
    its job may be taken by another worker. With ``batch_id`` it does the jobs of that batch alone.
    """

    def __init__(
        self,
        desk: Desk,
        kinds: Mapping[Kind, JobKind],
        *,
        slots: Mapping[Slot, int],
        intervals: Mapping[str, timedelta],
        lease: timedelta,
        batch_id: int | None = None,
    ) -> None:
        self._desk = desk
        self._kinds = kinds
        self._slots = slots
        self._intervals = intervals
        self._lease = lease
        self._batch_id = batch_id
        self._wake = asyncio.Event()
        self._stopping = False
        self._running: dict[asyncio.Task[None], Job] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._database_is_away = False
        self._offset = _offset()
        self._extended_at = time.monotonic()
        desk.on_enqueued(self._wake.set)
        for kind in kinds:
            # An alert asks by how much it grew, which nobody knows of what was not there before.
            desk.metrics.add("job_tries", 0, kind=kind, outcome="failed")

    async def run(self) -> None:
        """Work until ``stop``; returns when nothing runs any more.

        Raises:
            ExceptionGroup: a bug in the queue itself; without its heartbeat it must not go on.
        """
        async with asyncio.TaskGroup() as group:
            heartbeat = group.create_task(self._beat(), name="heartbeat")
            while not self._stopping:
                await self._round()
            if self._running:
                await asyncio.wait(self._running)
            heartbeat.cancel()

    async def stop(self, grace: timedelta) -> None:
        """Take no more jobs; after ``grace`` hand back what still runs."""
        self._stopping = True
        self._wake.set()
        if self._running:
            await asyncio.wait(self._running, timeout=grace.total_seconds())
        for task in self._running:
            task.cancel()

    async def _round(self) -> None:
        """Start what can be started, then sleep until there may be more."""
        await self._desk.calm(CROWD)
        if self._clock_was_put_forward():
            # Every lease looks as if it had run out: those who live extend theirs before we claim.
            await self._extend_leases()
            await asyncio.sleep(2 * POLL.total_seconds())
        elif time.monotonic() - self._extended_at > self._lease.total_seconds() / 2:
            # This process stood still, and its heartbeat with it: it must not take over its own.
            await self._extend_leases()
        self._wake.clear()
        kinds, room = self._room()
        if not kinds:
            await self._sleep_until(None)
            return
        try:
            claimed, moment = await self._desk.run(
                claim,
                kinds=kinds,
                now=utcnow(),
                at_most=min(room, CLAIMED_AT_ONCE),
                lease=self._lease,
                intervals=self._intervals,
                batch_id=self._batch_id,
            )
        except SQLAlchemyError as error:
            self._is_away(error)
            await self._sleep_until(None)
            return
        self._is_back()
        for job in claimed.jobs:
            if self._stopping:  # ``stop`` came while the claim was under way
                await self._leave(job)
            else:
                self._start(job)
        if claimed.is_all or not claimed.jobs:
            await self._sleep_until(moment)

    def _is_away(self, error: SQLAlchemyError) -> None:
        """The database does not answer: said once, not once a second."""
        if not self._database_is_away:
            log.warning("the queue cannot be read; trying again and again", error=_brief(error))
        self._database_is_away = True

    def _is_back(self) -> None:
        if self._database_is_away:
            log.info("the queue can be read again")
        self._database_is_away = False

    def _clock_was_put_forward(self) -> bool:
        """Whether the time of day ran away from the machine's steady clock since it was asked."""
        before, self._offset = self._offset, _offset()
        return self._offset - before > self._lease / 2

    def _room(self) -> tuple[list[Kind], int]:
        """Return what kinds there is room for, and how many jobs, whichever of them they are."""
        busy = Counter(self._kinds[Kind(job.kind)].slot for job in self._running.values())
        free = {slot: self._slots[slot] - busy[slot] for slot in self._slots}
        kinds = [kind for kind, how in self._kinds.items() if free[how.slot] > 0]
        return kinds, min((free[self._kinds[kind].slot] for kind in kinds), default=0)

    async def _sleep_until(self, moment: datetime | None) -> None:
        wait = POLL if moment is None else min(POLL, max(moment - utcnow(), timedelta(0)))
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _start(self, job: Job) -> None:
        task = asyncio.create_task(self._work(job), name=f"job {job.id} {job.kind}")
        self._running[task] = job
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._ending.discard(task)
        self._wake.set()

    async def _work(self, job: Job) -> None:
        ticket = {"ticket": job.ticket_id} if job.ticket_id is not None else {}
        with in_no_hurry(), bound_contextvars(job=job.id, kind=job.kind, **ticket):
            try:
                await self._try(job)
            except LeaseLost as error:
                log.warning("another worker took the job over", error=str(error))
            except SQLAlchemyError as error:
                # The lease expires by itself, and the job is then done again.
                log.warning("the end of a job could not be written", error=_brief(error))
            except Exception:
                log.exception("a bug in how a job is given up")  # likewise

    async def _try(self, job: Job) -> None:
        how = self._kinds[Kind(job.kind)]
        if retry.has_no_attempt_left(how.policy, attempts=job.attempts - 1):
            await self._fail(job, how, "the process ended during its last attempt")
            return
        try:
            try:
                closing = await how.handle(job)
            finally:
                self._is_ending()
            await self._finish(job, closing)
        except asyncio.CancelledError:
            # What may have reached Slack counts as tried, so that the next try looks first.
            await self._hand_back(job, counted=how.policy.max_attempts is None)
            raise
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler does, the queue goes on
            await self._went_wrong(job, how, error)

    def _is_ending(self) -> None:
        """From here on the job gives its lease back itself, and a lost one shows as it does."""
        if task := asyncio.current_task():
            self._ending.add(task)

    async def _finish(self, job: Job, closing: Closing | None) -> None:
        """Write the end of the job; what a model said or Slack did is not thrown away lightly."""
        for delay in FINISH_DELAYS:
            try:
                await self._desk.run(jobs.finish, job=job, closing=closing)
            except OperationalError as error:
                log.warning("the end of a job waits for the database", error=_brief(error))
                await asyncio.sleep(delay)
            else:
                return
        await self._desk.run(jobs.finish, job=job, closing=closing)

    async def _leave(self, job: Job) -> None:
        """Hand a job back that was not begun; where that fails, its lease expires by itself."""
        try:
            await self._hand_back(job, counted=False)
        except (LeaseLost, SQLAlchemyError) as error:
            log.warning("a job could not be handed back", job=job.id, error=_brief(error))

    async def _hand_back(self, job: Job, *, counted: bool) -> None:
        """Let another worker do the job: at once, or when a call to Slack has come through."""
        log.info("handed back at the end of the run")
        at = utcnow() + (UNDER_WAY if counted else timedelta(0))
        await self._desk.run(jobs.retry, job=job, at=at, error="handed back", counted=counted)

    async def _went_wrong(self, job: Job, how: JobKind, error: Exception) -> None:
        reason = _brief(error)
        now = utcnow()
        decision = retry.decide(
            how.policy,
            error if not isinstance(error, SQLAlchemyError) else Transient(reason),
            attempts=job.attempts,
            since=job.started_at or now,
            now=now,
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
        )
        expected = isinstance(error, JobError | SQLAlchemyError)
        if isinstance(decision, retry.GiveUp):
            log.error("gave a job up", error=reason, exc_info=None if expected else error)
            await self._fail(job, how, reason)
            return
        log.warning(
            "a job will be tried again",
            error=reason,
            at=decision.at.isoformat(),
            exc_info=None if expected else error,
        )
        await self._desk.run(
            jobs.retry,
            job=job,
            at=decision.at,
            error=reason,
            counted=decision.counted,
            pace_opens=retry.asked_for(error, now=now),
        )

    async def _fail(self, job: Job, how: JobKind, reason: str) -> None:
        closing = how.give_up(job, reason) if how.give_up is not None else None
        await self._desk.run(jobs.fail, job=job, error=reason, closing=closing)

    async def _beat(self) -> None:
        while True:
            await self._mend_times()
            await asyncio.sleep(self._lease.total_seconds() / 3)
            await self._extend_leases()

    async def _extend_leases(self) -> None:
        """Extend the leases of what runs; stop a job whose lease is gone."""
        self._extended_at = time.monotonic()
        held = {job.lease_token or "": task for task, job in self._running.items()}
        if not held:
            return
        try:
            kept = await self._desk.run(
                leases.extend, tokens=list(held), until=utcnow() + self._lease
            )
        except SQLAlchemyError as error:
            log.warning("leases could not be extended", error=_brief(error))
            return
        lost = {held[token] for token in held.keys() - kept}
        for task in lost - self._ending:
            task.cancel()

    async def _mend_times(self) -> None:
        try:
            mended = await self._desk.run(jobs.mend_times, lease=self._lease)
        except SQLAlchemyError as error:
            log.info("the queue's times could not be looked at", error=_brief(error))
            return
        if mended:
            log.warning("the clock was put back; what was to wait for it is due now", rows=mended)


def _offset() -> timedelta:
    return timedelta(seconds=time.time() - time.monotonic())


def _brief(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if not isinstance(error, JobError):
        text = f"{type(error).__name__}: {text}"
    return clean(text, ERROR_LIMIT)
