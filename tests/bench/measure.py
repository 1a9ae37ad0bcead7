"""What a crowd of messages does to the desk, measured from Slack's side."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import ColumnElement, func, select

from bot.demo import environment
from bot.sandbox import sample
from bot.sandbox.records import Change
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Workspace
from storage import schema
from storage.database import Database
from storage.tables import Job, JobState, Ticket, TriageStatus
from storage.url import normalise
from tests.bench.processes import ROOT, START, cpu_seconds, model, process
from tests.e2e.story import wording

IDLE = 5


@dataclass(frozen=True)
class Load:
    """What is put on the desk; times in seconds.

    ``pace_scale`` shortens Slack's limits and the bot's obedience to them alike. ``patience`` is
    how long everything may take. ``settings`` are those of the bot that are not the product's own.
    """

    messages: int = 50
    model_delay: float = 5.0
    pace_scale: float = 1.0
    patience: float = 300.0
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Burst:
    """What came of messages posted at once: ``acks`` in ms, the rest in seconds since then.

    ``cards`` are when each card appeared, ``drafts`` when it showed the result of the triage.
    """

    asked: int
    acks: list[float] = field(default_factory=list)
    receipts: list[float] = field(default_factory=list)
    cards: list[float] = field(default_factory=list)
    drafts: list[float] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was to come has come."""
        return all(
            len(each) >= self.asked for each in (self.acks, self.receipts, self.cards, self.drafts)
        )


@dataclass(frozen=True)
class Figures:
    """All that was measured. ``idle_cpu`` is the share of one processor, None where unknown."""

    crowd: Burst
    alone: Burst
    tickets: int
    triaged: int
    jobs_left: int
    rate_limited: int
    updates: int
    idle_cpu: float | None


async def measure(load: Load, database_url: str, folder: Path) -> Figures:
    """Put the load on a bot that has just started; the database is empty."""
    sandbox = Sandbox(ROOT / "manifest.yml", workspace=crowd(load.messages), scale=load.pace_scale)
    schema.upgrade(normalise(database_url))
    database = Database(normalise(database_url))
    async with AsyncExitStack() as stack:
        stack.callback(database.dispose)
        await stack.enter_async_context(sandbox.serve())
        address = await stack.enter_async_context(model(load.model_delay))
        settings = environment(sandbox, database_url) | {
            "OPENAI_BASE_URL": address,
            "PACE_SCALE": str(load.pace_scale),
            **load.settings,
        }
        bot = await stack.enter_async_context(
            process("-m", "bot", "run", env=settings, folder=folder)
        )
        await sandbox.until(lambda: sandbox.sockets.connected or bot.returncode is not None, START)
        people = [user for user in sandbox.workspace.people if user.startswith("U0CROWD")]
        many = await _burst(sandbox, database, people, load)
        idle = await _idle_share(bot.pid) if load.pace_scale == 1 else None
        alone = await _burst(sandbox, database, [sample.DEE], load)
        return Figures(
            crowd=many,
            alone=alone,
            tickets=_count(database, Ticket.id.is_not(None)),
            triaged=_count(database, Ticket.triage_status == TriageStatus.COMPLETED),
            jobs_left=_count(database, Job.state != JobState.DONE),
            rate_limited=len(sandbox.traffic.rate_limited),
            updates=len(sandbox.traffic.calls("chat.update")),
            idle_cpu=idle,
        )


def crowd(size: int) -> Workspace:
    """Acme with that many more people in its help channel, none of whom the desk knows."""
    workspace = sample.acme()
    for number in range(size):
        user = f"U0CROWD{number:04}"
        workspace.add_person(f"person{number}", f"Person {number}", id=user)
        workspace.invite(sample.HELP, user)
    return workspace


async def _burst(sandbox: Sandbox, database: Database, users: list[str], load: Load) -> Burst:
    """Have each of them post a message now, and watch until everything has come of it."""
    burst = Burst(asked=len(users))
    started = time.time()
    with_draft: set[str] = set()

    def watch(change: Change) -> None:
        message = change.message
        if message is None or not message.bot_id:
            return
        since = time.time() - started
        if message.channel == sample.HELP and change.kind == "message":
            burst.receipts.append(since)
        if message.channel == sample.TRIAGE:
            if change.kind == "message":
                burst.cards.append(since)
            if message.ts not in with_draft and "Reply draft" in wording(message):
                with_draft.add(message.ts)
                burst.drafts.append(since)

    with sandbox.workspace.changes.observed_by(watch):
        outcomes = await asyncio.gather(
            *(
                sandbox.people.post(user, sample.HELP, f"Request {number}: the VPN is down")
                for number, user in enumerate(users)
            )
        )
        burst.acks = [outcome.ms or 0 for outcome in outcomes if outcome.acked]
        with contextlib.suppress(TimeoutError):
            await sandbox.until(lambda: burst.is_complete, load.patience)
            await sandbox.until(
                lambda: not _count(database, Job.state.in_([JobState.PENDING, JobState.RUNNING])),
                load.patience,
            )
    return burst


def _count(database: Database, condition: ColumnElement[bool]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(condition)) or 0


async def _idle_share(pid: int) -> float | None:
    """How much of a processor the bot takes while nothing happens."""
    before = cpu_seconds(pid)
    await asyncio.sleep(IDLE)
    after = cpu_seconds(pid)
    return None if before is None or after is None else (after - before) / IDLE
