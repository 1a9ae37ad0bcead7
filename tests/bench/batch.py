"""Two hundred tickets triaged by ``ticketloop triage --pending``, fifty at once.

Against the ideal: a model that thinks two seconds is asked four times in a row, and nothing else
takes any time. From the moment at which the batch is in the database until its last ticket is
counted there; how long the whole command took, with the start of Python, is beside it.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from core import intake
from core.installation import Installation
from core.intake import Request, Source
from storage import schema
from storage.database import Database
from storage.repositories.contacts import workspace_of
from storage.tables import Batch, BatchState
from storage.url import normalise
from tests.bench.figures import Figure
from tests.bench.processes import ROOT, model, process

TICKETS = 200
AT_ONCE = 50
THINKS = 2.0
ROUNDS = 3
REACH = 1.15


async def measure(url: str | None = None) -> Sequence[Figure]:
    """Measure on SQLite, or on another empty database."""
    ideal = TICKETS / AT_ONCE * THINKS
    ratios, commands = [], []
    for _ in range(1 if url else ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            took, command = await _round(url or f"sqlite:///{folder}/desk.db", Path(folder))
        ratios.append(took / ideal)
        commands.append(command)
    return [
        Figure(
            row="batch",
            measure=f"{TICKETS} tickets, a model of {THINKS:g} s, {AT_ONCE} at once",
            against=f"the ideal of {ideal:g} s",
            values=tuple(ratios),
            unit="times",
            bare=f"the whole command {', '.join(f'{each:.1f}' for each in commands)} s",
            reach=REACH,
        )
    ]


async def _round(url: str, folder: Path) -> tuple[float, float]:
    """Return how long the batch took, and how long the command."""
    _ask(url)
    async with model(THINKS) as address:
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": url,
            "OPENAI_BASE_URL": address,
            "MODEL_CONCURRENCY": str(AT_ONCE),
        }
        started = time.monotonic()
        command = ("-m", "bot", "triage", "--pending", "--concurrency", str(AT_ONCE))
        async with process(*command, env=env, folder=folder) as running:
            assert await running.wait() == 0
        took = time.monotonic() - started
    database = Database(normalise(url))
    with database.reading() as session:
        batch = session.scalars(select(Batch)).one()
    database.dispose()
    assert (batch.total, batch.done, batch.state) == (TICKETS, TICKETS, BatchState.DONE)
    assert batch.finished_at is not None
    return (batch.finished_at - batch.created_at).total_seconds(), took


def _ask(url: str) -> None:
    """Leave tickets as a desk does whose model never answered: their own triages still wait."""
    schema.upgrade(normalise(url))
    database = Database(normalise(url))
    with database.writing() as session:
        workspace = workspace_of(session, team_id="T0BENCH", name="Bench")
        place = Installation(
            workspace.id, team_id="T0BENCH", bot_user_id="U0BOT", triage_channel="C0TRIAGE"
        )
        for number in range(TICKETS):
            request = Request(
                source=Source.MESSAGE,
                requester=f"U0PERSON{number}",
                text=f"Printer {number} is jammed. It says E{number}, and I cannot print.",
                channel="C0HELP",
                root_ts=f"1760000000.{number:06}",
                ts=f"1760000000.{number:06}",
            )
            intake.open_ticket(
                session, installation=place, request=request, card_delay=timedelta(seconds=2)
            )
    database.dispose()
