"""How the desk bears a crowd: ``python -m tests.bench.load``.

The promise: with a model that takes 5 s an answer and 50 messages posted at once, every
acknowledgement comes within 300 ms, and every card arrives. Slack (the sandbox) runs in this
process, the bot and the model each in one of their own. The bot has just started, knows nobody,
and has the product's default settings.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.bench.measure import Burst, Figures, Load, measure
from tests.fixtures.postgres import running_postgres

ACK_MS = 300
RECEIPT_ALONE = 2
CARD_ALONE = 3

console = Console()


def main(
    messages: Annotated[int, typer.Option(help="Posted at once.")] = 50,
    model_delay: Annotated[float, typer.Option(help="Seconds that the model thinks.")] = 5.0,
    pace_scale: Annotated[float, typer.Option(help="Scales Slack's limits and our pace.")] = 1.0,
    model_concurrency: Annotated[int | None, typer.Option(help="In place of the default.")] = None,
    database_url: Annotated[str, typer.Option(help="An empty database, for SQLite's place.")] = "",
    postgresql: Annotated[bool, typer.Option(help="The tests' own PostgreSQL (no fsync).")] = False,
) -> None:
    """Measure, print the figures, and exit with 1 if a promise was missed."""
    load = Load(
        messages=messages,
        model_delay=model_delay,
        pace_scale=pace_scale,
        settings={"MODEL_CONCURRENCY": str(model_concurrency)} if model_concurrency else {},
    )
    with tempfile.TemporaryDirectory() as folder, _database(database_url, postgresql, folder) as at:
        figures = asyncio.run(measure(load, at, Path(folder)))
    _print(figures, messages)
    missed = broken(figures, ack_ms=ACK_MS)
    for promise in missed:
        console.print(f"[bold red]missed:[/] {promise}")
    if missed:
        raise typer.Exit(1)
    console.print("[bold green]every promise was kept[/]")


@contextmanager
def _database(url: str, postgresql: bool, folder: str) -> Iterator[str]:
    if postgresql:
        with running_postgres() as server:
            yield server.create().render_as_string(hide_password=False)
    else:
        yield url or f"sqlite:///{folder}/desk.db"


def broken(figures: Figures, *, ack_ms: float) -> list[str]:
    """Return the promises that were missed."""
    crowd, alone = figures.crowd, figures.alone
    count = crowd.asked + alone.asked
    kept = {
        f"every acknowledgement within {ack_ms:g} ms": max([*crowd.acks, *alone.acks]) <= ack_ms,
        "every message acknowledged": len(crowd.acks) + len(alone.acks) == count,
        "one ticket for each message": figures.tickets == count,
        "one receipt for each message": len(crowd.receipts) == crowd.asked,
        "one card for each message": len(crowd.cards) == crowd.asked,
        "a draft on every card": len(crowd.drafts) == crowd.asked,
        "every ticket triaged": figures.triaged == count,
        "no job left or failed": figures.jobs_left == 0,
        "no 429 from Slack": figures.rate_limited == 0,
        f"alone: receipt within {RECEIPT_ALONE} s": _within(alone.receipts, RECEIPT_ALONE),
        f"alone: card within {CARD_ALONE} s": _within(alone.cards, CARD_ALONE),
    }
    return [promise for promise, is_kept in kept.items() if not is_kept]


def _within(seconds: Sequence[float], limit: float) -> bool:
    return len(seconds) == 1 and seconds[0] <= limit


def _print(figures: Figures, messages: int) -> None:
    crowd, alone = figures.crowd, figures.alone
    acks = Table(title=f"Acknowledgements of {messages} messages at once, ms")
    for name in ("min", "median", "p95", "p99", "max", "one alone"):
        acks.add_column(name, justify="right")
    acks.add_row(*(f"{each:.0f}" for each in (*_spread(crowd.acks), *alone.acks)))
    times = Table(title="Seconds after the messages")
    for name in ("", "first", "last", "one alone"):
        times.add_column(name, justify="right")
    for name in ("receipts", "cards", "drafts"):
        times.add_row(name, *_ends(crowd, name), *_ends(alone, name)[:1])
    console.print(acks)
    console.print(times)
    idle = "unknown" if figures.idle_cpu is None else f"{figures.idle_cpu:.1%} of a processor"
    console.print(
        f"{figures.tickets} tickets, {figures.triaged} triaged, {figures.updates} updates of "
        f"messages, {figures.rate_limited} answers 429; at rest the bot takes {idle}"
    )


def _spread(values: list[float]) -> list[float]:
    if len(values) < 2:
        return values * 5
    percentiles = statistics.quantiles(values, n=100, method="inclusive")
    return [min(values), statistics.median(values), percentiles[94], percentiles[98], max(values)]


def _ends(burst: Burst, name: str) -> tuple[str, str]:
    seconds: list[float] = getattr(burst, name)
    if not seconds:
        return ("never", "never")
    return (f"{seconds[0]:.2f}", f"{seconds[-1]:.2f}")


if __name__ == "__main__":
    typer.run(main)
