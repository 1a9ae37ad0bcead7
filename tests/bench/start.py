"""How long a start takes: ``python -m tests.bench.start``, beyond the imports and with them.

The desk is the one that operators start, on 100,000 tickets, until Slack sees its connection.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import URL, update

from bot.demo import environment
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from storage import schema
from storage.database import Database
from storage.tables import Workspace
from storage.url import normalise
from tests.bench import history
from tests.bench.figures import Figure, spread
from tests.bench.processes import ROOT, START, process
from tests.fixtures.postgres import running_postgres

TICKETS = 100_000
ROUNDS = 5
BEYOND_IMPORTS = 1.5

# What ``ticketloop run`` imports before it does anything, and when that was done.
PROGRAM = """
import sys, time
from bot import cli, logs, runtime
sys.stdout.write(f"{time.time()}\\n")
sys.stdout.flush()
sys.argv = ["ticketloop", "run"]
cli.main()
"""


async def measure(*, tickets: int = TICKETS, rounds: int = ROUNDS) -> Sequence[Figure]:
    """Start the desk again and again on both databases."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        for name, url in (
            ("SQLite", normalise(f"sqlite:///{Path(folder) / 'desk.db'}")),
            ("PostgreSQL", server.create()),
        ):
            found += await _on(name, url, Path(folder), tickets=tickets, rounds=rounds)
    return found


async def _on(name: str, url: URL, folder: Path, *, tickets: int, rounds: int) -> Sequence[Figure]:
    sandbox = Sandbox(ROOT / "manifest.yml", workspace=sample.acme())
    _fill(url, sandbox, tickets)
    imports: list[float] = []
    beyond: list[float] = []
    async with sandbox.serve():
        env = environment(sandbox, url.render_as_string(hide_password=False))
        for _ in range(rounds):
            imported, connected = await _start(sandbox, env, folder)
            imports.append(imported)
            beyond.append(connected)
    against = f"{name}, {tickets:,} tickets"
    return (
        Figure(
            "start",
            "start to connected, beyond the imports",
            against,
            tuple(beyond),
            "s",
            f"{spread(beyond)} s",
            reach=BEYOND_IMPORTS,
        ),
        Figure("start", "imports", "nothing", tuple(imports), "s", f"{spread(imports)} s"),
    )


def _fill(url: URL, sandbox: Sandbox, tickets: int) -> None:
    schema.upgrade(url)
    database = Database(url)
    history.write(database, tickets)
    with database.writing() as session:
        session.execute(update(Workspace).values(team_id=sandbox.workspace.team_id))
    database.dispose()


async def _start(sandbox: Sandbox, env: Mapping[str, str], folder: Path) -> tuple[float, float]:
    """Start once; return the seconds of the imports, and from then until Slack sees it."""
    connected = asyncio.get_running_loop().create_future()

    def look(_: None) -> None:
        if sandbox.sockets.connected and not connected.done():
            connected.set_result(time.time())

    before = time.time()
    async with AsyncExitStack() as stack:
        stack.enter_context(sandbox.sockets.changes.observed_by(look))
        running = await stack.enter_async_context(
            process("-c", PROGRAM, env={**os.environ, **env}, folder=folder, says=True)
        )
        assert running.stdout is not None
        imported = float(await asyncio.wait_for(running.stdout.readline(), START))
        moment = await asyncio.wait_for(connected, START)
    return imported - before, moment - imported


def main() -> None:
    """Measure, and say it in words."""
    for each in asyncio.run(measure()):
        print(f"{each.measure} ({each.against}): {each.shown}, {each.asked}; {each.bare}")  # noqa: T201
        print("  ", " ".join(f"{value:.2f}" for value in each.values))  # noqa: T201


if __name__ == "__main__":
    main()
