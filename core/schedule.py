"""What the clock asks for. A tick only inserts a job.

Its key is the tick's name and its slot, or what it is about is locked: so any number of processes
may tick; the first one inserts, the others find it there.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from core import answers, contacts, jobs, triage, webhooks
from core.desk import Desk
from core.installation import Installation
from core.jobs import Kind, Urgency
from core.settings import Settings
from storage.tables import Job, utcnow

# So late may a digest be, where nobody was there at its hour; later it comes on the next day.
DIGEST_GRACE = timedelta(hours=1)
# It is asked for again and again, in case the database was away at its hour.
DIGEST_AGAIN = CronTrigger(minute="*/5", timezone="UTC")


def membership_tick(session: Session, *, installation: Installation) -> None:
    """Once an hour: who is an agent?"""
    contacts.membership_due(session, installation=installation, slot=f"{utcnow():%Y-%m-%dT%H}")


def prune_tick(session: Session, *, installation: Installation) -> None:
    """Once a day: done jobs and the log of webhooks go."""
    jobs.enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.PRUNE,
        dedupe_key=f"prune:{utcnow():%Y-%m-%d}",
        urgency=Urgency.UPKEEP,
    )


def probe_tick(session: Session, *, installation: Installation) -> None:
    """Every ten minutes: does the model work again, for want of which triages failed?"""
    triage.probe(session, installation=installation)


def digest_tick(session: Session, *, installation: Installation, times: CronTrigger) -> None:
    """Once a weekday: what is open?"""
    now = utcnow()
    slot = last_or_next(times, now)
    if slot is None or slot > now:
        return
    jobs.enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.DIGEST,
        dedupe_key=f"digest:{slot:%Y-%m-%d}",
        urgency=Urgency.UPDATE,
        pace=f"post:{installation.triage_channel}",
    )


async def prune(desk: Desk, _job: Job) -> None:
    """Delete what is old, a thousand rows in a transaction, so that nobody waits for long."""
    await desk.run(jobs.prune_paces)
    while await desk.run(jobs.prune) == jobs.PRUNED_AT_ONCE:
        pass
    while await desk.run(webhooks.prune) == webhooks.PRUNED_AT_ONCE:
        pass
    while await desk.run(answers.prune) == answers.PRUNED_AT_ONCE:
        pass


def digest_times(at: time, zone: ZoneInfo) -> CronTrigger:
    """Return when digests come: on weekdays at that time of that zone's clocks."""
    return CronTrigger(day_of_week="mon-fri", hour=at.hour, minute=at.minute, timezone=zone)


def last_or_next(times: CronTrigger, now: datetime) -> datetime | None:
    """Return the moment of the digest that is less than an hour late, or of the next one."""
    moment: datetime | None = times.get_next_fire_time(None, now - DIGEST_GRACE)
    return moment


def scheduler(desk: Desk, installation: Installation, settings: Settings) -> AsyncIOScheduler:
    """Return the clock, not started yet."""
    clock = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True})
    for tick, trigger in (
        (membership_tick, IntervalTrigger(hours=1)),
        (probe_tick, IntervalTrigger(minutes=10)),
        (prune_tick, CronTrigger(hour=3, minute=17)),
    ):
        clock.add_job(
            desk.run,
            trigger,
            args=[tick],
            kwargs={"installation": installation},
            id=tick.__name__,
            misfire_grace_time=None,
        )
    if settings.digest_at is not None:
        times = digest_times(settings.digest_at, settings.timezone)
        clock.add_job(
            desk.run,
            OrTrigger([times, DIGEST_AGAIN]),
            args=[digest_tick],
            kwargs={"installation": installation, "times": times},
            id=digest_tick.__name__,
            next_run_time=last_or_next(times, utcnow()),
            misfire_grace_time=int(DIGEST_GRACE.total_seconds()),
        )
    return clock
