"""``ticketloop triage --pending``: the tickets without a result triaged, here and now."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.blocks.batch import finished, so_many
from bot.counting import counted
from bot.database import open_database, unreachable, workspace_in
from bot.model import model_client, triage_kind
from bot.prompts import register_all
from core import batches
from core.audit import Surface
from core.desk import Desk
from core.installation import Installation
from core.jobs import Kind
from core.settings import ModelSettings
from core.worker import Slot, Worker
from storage.repositories import batches as rows
from storage.tables import Batch, BatchState
from storage.url import shown

if TYPE_CHECKING:
    from core.model import ModelClient

LOOK_EVERY = 0.2
DRAIN = timedelta(seconds=5)


async def triage_pending(
    settings: ModelSettings, console: Console, *, limit: int | None, concurrency: int | None
) -> int | None:
    """Begin a batch, go on with those that were interrupted; return how many triages failed.

    None if it was broken off before the end.

    This process does their triages until then, and nothing else: no Slack is needed for that.
    A desk that runs on the same database does some of them, and what follows from all.

    Raises:
        ConfigurationError: it cannot work with these settings; the text says what to mend.
    """
    desk = Desk(open_database(settings))
    try:
        await register_all(desk, settings)
        desk.listen()
        at_once = min(concurrency or settings.model_concurrency, settings.model_concurrency)
        # Before the batch begins, because the model's SDK is imported here.
        async with model_client(settings) as model, counted(desk):
            batch, says = await desk.run(_begun, limit=limit, concurrency=at_once)
            console.print(says)
            failed = 0
            while batch is not None:
                worker = _worker(desk, batch, settings, model, at_once)
                failed -= batch.failed  # in earlier runs
                batch = await _followed(desk, worker, batch, console)
                if batch.state is BatchState.RUNNING:
                    return None
                failed += batch.failed
                batch, says = await desk.read(_interrupted)
                if batch is not None:
                    console.print(says)
            return failed
    except OperationalError as error:
        raise unreachable(shown(desk.database.url), error) from None
    finally:
        desk.close()


def _begun(session: Session, *, limit: int | None, concurrency: int) -> tuple[Batch | None, str]:
    workspace = workspace_in(session)
    batch = batches.begin(
        session,
        workspace_id=workspace.id,
        concurrency=concurrency,
        limit=limit,
        surface=Surface.TERMINAL,
    )
    if batch is not None:
        return batch, f"Batch {batch.id}: {so_many(batch.total)}, {concurrency} at a time."
    return _interrupted(session)


def _interrupted(session: Session) -> tuple[Batch | None, str]:
    batch = rows.newest_running(session, workspace_id=workspace_in(session).id)
    if batch is not None:
        return batch, (
            f"Batch {batch.id} goes on, {batch.concurrency} at a time: "
            f"{batch.done + batch.failed} of {so_many(batch.total)} are done."
        )
    return None, "Nothing to do: no ticket waits for a triage."


def _worker(
    desk: Desk, batch: Batch, settings: ModelSettings, model: "ModelClient | None", at_once: int
) -> Worker:
    # Slack's names are not needed where nothing is sent to Slack.
    place = Installation(batch.workspace_id, team_id="", bot_user_id="", triage_channel="")
    return Worker(
        desk,
        {Kind.TRIAGE: triage_kind(desk, place, settings, model)},
        slots={Slot.MODEL: at_once},
        intervals={},
        lease=timedelta(seconds=settings.job_lease),
        batch_id=batch.id,
    )


async def _followed(desk: Desk, worker: Worker, batch: Batch, console: Console) -> Batch:
    """Work, and show how far it is, until the end or a signal; return the batch as it is then."""
    with ExitStack() as stack:
        stop = stack.enter_context(_stopping())
        bar = stack.enter_context(_bar(console))
        task = bar.add_task("", total=batch.total, failed=batch.failed)
        working = asyncio.create_task(worker.run())
        while batch.state is BatchState.RUNNING and not stop.is_set() and not working.done():
            bar.update(task, completed=batch.done + batch.failed, failed=batch.failed)
            await _pause(stop)
            with suppress(SQLAlchemyError):  # the worker tries again and again, and so does this
                found = await desk.read(
                    batches.found, workspace_id=batch.workspace_id, number=batch.id
                )
                batch = found.batch
        bar.update(task, completed=batch.done + batch.failed, failed=batch.failed)
        await worker.stop(DRAIN if batch.state is BatchState.DONE else timedelta(0))
        await working
    if batch.state is BatchState.DONE:
        console.print(finished(batch).replace("*", "") + ".")
        for reason, count in await desk.read(rows.failures, batch_id=batch.id):
            console.print(f"{so_many(count)}: {reason}", markup=False)
        return batch
    console.print(
        f"Stopped. {batch.done + batch.failed} of {so_many(batch.total)} are done; a running desk "
        "goes on with the rest, or: ticketloop triage --pending"
    )
    return batch


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_EVERY):
            await stop.wait()
    except TimeoutError:
        pass


@contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """What is set by Ctrl-C or SIGTERM; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def heard(name: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(name)

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, heard, name)
    try:
        yield stop
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)


def _bar(console: Console) -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
