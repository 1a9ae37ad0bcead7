"""The desk and the floor side by side, each with a Slack and a database of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select

from bot.demo import environment
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from storage import schema
from storage.database import Database
from storage.repositories.contacts import workspace_of
from storage.tables import Contact, Ticket, utcnow
from storage.url import normalise
from tests.bench.processes import ROOT, START, process

# Of the people, one in so many writes for the first time: their name is still to be fetched.
NEW_FACES = 10


@dataclass
class Side:
    """A program that listens to its own Slack. ``people`` have not written yet."""

    name: str
    sandbox: Sandbox
    database: Database
    pid: int
    people: list[str]

    def next_people(self, count: int) -> list[str]:
        """Return people who have not written yet."""
        chosen, self.people = self.people[:count], self.people[count:]
        assert len(chosen) == count, "the crowd is too small"
        return chosen

    def tickets(self) -> int:
        """Return how many tickets there are."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Ticket)) or 0


@asynccontextmanager
async def desk(folder: Path, people: int, timing: Timing, **env: str) -> AsyncIterator[Side]:
    """The desk as it is installed, with these settings."""
    async with _slack("desk", folder, people, timing) as side:
        settings = environment(side.sandbox, str(side.database.url)) | env
        async with _listening(side, "bot", "run", env=settings, folder=folder):
            yield side


@asynccontextmanager
async def floor(folder: Path, people: int, timing: Timing, **env: str) -> AsyncIterator[Side]:
    """The floor, on the same tables."""
    async with _slack("floor", folder, people, timing) as side:
        settings = environment(side.sandbox, "") | env
        settings |= {
            "DATABASE_PATH": str(side.database.url.database),
            "CARD_CHANNEL": sample.TRIAGE,
        }
        async with _listening(side, "tests.bench.floor", env=settings, folder=ROOT):
            yield side


@asynccontextmanager
async def _slack(name: str, folder: Path, people: int, timing: Timing) -> AsyncIterator[Side]:
    workspace = sample.acme()
    crowd = [
        workspace.add_person(f"person{number}", f"Person {number}", id=f"U0CROWD{number:05}").id
        for number in range(people)
    ]
    channel = workspace.channel(sample.HELP)
    workspace.put_channel(replace(channel, members=channel.members | {*crowd}))
    url = normalise(f"sqlite:///{folder / name}.db")
    schema.upgrade(url)
    database = Database(url)
    _acquaint(database, workspace.team_id, crowd)
    sandbox = Sandbox(ROOT / "manifest.yml", workspace=workspace, timing=timing)
    async with AsyncExitStack() as stack:
        stack.callback(database.dispose)
        await stack.enter_async_context(sandbox.serve())
        yield Side(name, sandbox, database, 0, crowd)


def _acquaint(database: Database, team_id: str, people: list[str]) -> None:
    """Let the desk know most of the people already."""
    known = [user for number, user in enumerate(people) if number % NEW_FACES]
    with database.writing() as session:
        workspace = workspace_of(session, team_id=team_id, name="Acme")
        session.add_all(
            Contact(workspace_id=workspace.id, slack_user_id=user, name=user, profile_at=utcnow())
            for user in known
        )


@asynccontextmanager
async def _listening(
    side: Side, *module: str, env: Mapping[str, str], folder: Path
) -> AsyncIterator[None]:
    async with process("-m", *module, env=env, folder=folder) as running:
        side.pid = running.pid
        sandbox = side.sandbox
        await sandbox.until(
            lambda: sandbox.sockets.connected or running.returncode is not None, START
        )
        assert running.returncode is None, f"{side.name} did not start"
        yield
