"""The desk and the floor as processes, each with a Slack and a database of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import URL, ColumnElement, func, select

from bot.demo import environment
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from storage import schema
from storage.database import Database
from storage.repositories.contacts import workspace_of
from storage.tables import Contact, Job, JobState, Ticket, utcnow
from storage.url import normalise
from tests.bench.processes import ROOT, START, process

# Of the people, one in so many writes for the first time: their name is still to be fetched.
NEW_FACES = 10
PATIENCE = 300


@dataclass
class Side:
    """A program that listens to its own Slack. ``people`` have not written yet."""

    name: str
    sandbox: Sandbox
    database: Database
    people: list[str]
    pids: list[int] = field(default_factory=list)

    def next_people(self, count: int) -> list[str]:
        """Return people who have not written yet."""
        chosen, self.people = self.people[:count], self.people[count:]
        assert len(chosen) == count, "the crowd is too small"
        return chosen

    def count(self, condition: ColumnElement[bool]) -> int:
        """Return how many rows are so."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).where(condition)) or 0

    def tickets(self) -> int:
        """Return how many tickets there are."""
        return self.count(Ticket.id.is_not(None))

    async def settled(self) -> None:
        """Wait until no job is left."""
        deadline = time.monotonic() + PATIENCE
        while self.count(Job.state.in_([JobState.PENDING, JobState.RUNNING])):
            assert time.monotonic() < deadline, f"{self.name} is not through with its jobs"
            await asyncio.sleep(0.1)
        assert not self.count(Job.state == JobState.FAILED), f"{self.name} gave jobs up"


@asynccontextmanager
async def slack(
    name: str,
    folder: Path,
    *,
    people: int,
    timing: Timing,
    url: URL | None = None,
    new_faces: bool = True,
) -> AsyncIterator[Side]:
    """A Slack with a crowd in its help channel, and the database of a desk that knows most of it.

    Without ``new_faces`` it knows them all.
    """
    workspace = sample.acme()
    crowd = [
        workspace.add_person(f"person{number}", f"Person {number}", id=f"U0CROWD{number:05}").id
        for number in range(people)
    ]
    channel = workspace.channel(sample.HELP)
    workspace.put_channel(replace(channel, members=channel.members | {*crowd}))
    where = url or normalise(f"sqlite:///{folder / name}.db")
    schema.upgrade(where)
    database = Database(where)
    known = [user for number, user in enumerate(crowd) if number % NEW_FACES or not new_faces]
    _acquaint(database, workspace.team_id, known)
    sandbox = Sandbox(ROOT / "manifest.yml", workspace=workspace, timing=timing)
    async with AsyncExitStack() as stack:
        stack.callback(database.dispose)
        await stack.enter_async_context(sandbox.serve())
        yield Side(name, sandbox, database, crowd)


def _acquaint(database: Database, team_id: str, people: list[str]) -> None:
    with database.writing() as session:
        workspace = workspace_of(session, team_id=team_id, name="Acme")
        session.add_all(
            Contact(workspace_id=workspace.id, slack_user_id=user, name=user, profile_at=utcnow())
            for user in people
        )


@asynccontextmanager
async def desk(folder: Path, people: int, timing: Timing, **env: str) -> AsyncIterator[Side]:
    """Both together: a Slack, and the desk that listens to it."""
    async with (
        slack("desk", folder, people=people, timing=timing) as side,
        desk_at_work(side, folder, **env),
    ):
        yield side


@asynccontextmanager
async def desk_at_work(
    side: Side, folder: Path, *, role: str = "all", **env: str
) -> AsyncIterator[None]:
    """Run the desk as it is installed, with these settings."""
    address = side.database.url.render_as_string(hide_password=False)
    settings = environment(side.sandbox, address) | env
    arguments = ["-m", "bot", "run", "--role", role]
    async with process(*arguments, env=settings, folder=folder) as running:
        await _listening(side, running, is_worker=role == "worker")
        yield


@asynccontextmanager
async def floor_at_work(side: Side, **env: str) -> AsyncIterator[None]:
    """Run the floor, on the same tables."""
    settings: Mapping[str, str] = environment(side.sandbox, "") | {
        "DATABASE_PATH": str(side.database.url.database),
        "CARD_CHANNEL": sample.TRIAGE,
        "BOT_USER_ID": side.sandbox.workspace.bot.id,
        **env,
    }
    async with process("-m", "tests.bench.floor", env=settings, folder=ROOT) as running:
        await _listening(side, running)
        yield


async def _listening(
    side: Side, running: asyncio.subprocess.Process, *, is_worker: bool = False
) -> None:
    side.pids.append(running.pid)
    sandbox, calls = side.sandbox, len(side.sandbox.traffic.calls("auth.test"))

    def is_there() -> bool:
        is_known = len(sandbox.traffic.calls("auth.test")) > calls
        return is_known if is_worker else sandbox.sockets.connected > 0

    await sandbox.until(lambda: is_there() or running.returncode is not None, START)
    assert running.returncode is None, f"{side.name} did not start"
