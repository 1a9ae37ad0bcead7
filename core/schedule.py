"""What the clock asks for. A tick only inserts a job, whose key is its name and its slot.

So any number of processes may tick: the first one inserts, the others find it there.
"""

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from core import contacts, jobs
from core.desk import Desk
from core.installation import Installation
from core.jobs import Kind, Urgency
from storage.tables import Job, utcnow


def membership_tick(session: Session, *, installation: Installation) -> None:
    """Once an hour: who is an agent?"""
    contacts.membership_due(session, installation=installation, slot=f"{utcnow():%Y-%m-%dT%H}")


def prune_tick(session: Session, *, installation: Installation) -> None:
    """Once a day: done jobs go."""
    jobs.enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.PRUNE,
        dedupe_key=f"prune:{utcnow():%Y-%m-%d}",
        urgency=Urgency.UPKEEP,
    )


async def prune(desk: Desk, _job: Job) -> None:
    """Delete old jobs, a thousand in a transaction, so that nobody waits for long."""
    while await desk.run(jobs.prune) == jobs.PRUNED_AT_ONCE:
        pass


def scheduler(desk: Desk, installation: Installation) -> AsyncIOScheduler:
    """Return the clock, not started yet."""
    clock = AsyncIOScheduler(timezone="UTC")
    for tick, trigger in (
        (membership_tick, IntervalTrigger(hours=1)),
        (prune_tick, CronTrigger(hour=3, minute=17)),
    ):
        clock.add_job(
            desk.run,
            trigger,
            args=[tick],
            kwargs={"installation": installation},
            id=tick.__name__,
            coalesce=True,
            misfire_grace_time=None,
        )
    return clock
