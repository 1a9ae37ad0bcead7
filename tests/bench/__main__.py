"""How near the limit the desk runs: ``python -m tests.bench``, or with the names of rows.

What is measured is set beside a floor, or the same with less, in the same run and in turn; bare
times say more of the machine than of the desk.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.bench import (
    acks,
    api,
    batch,
    cards,
    intake,
    memory,
    page,
    rush,
    scale,
    start,
    workers,
)
from tests.bench.figures import Figure, Noise

console = Console()


class Row(StrEnum):
    """What can be measured by itself."""

    INTAKE = "intake"
    ACKS = "acks"
    CARDS = "cards"
    SCALE = "scale"
    START = "start"
    BATCH = "batch"
    RUSH = "rush"
    MEMORY = "memory"
    WORKERS = "workers"
    API = "api"


MEASURES: dict[Row, Callable[[], Awaitable[Sequence[Figure]]]] = {
    Row.INTAKE: intake.measure,
    Row.ACKS: acks.measure,
    Row.CARDS: cards.measure,
    Row.SCALE: scale.measure,
    Row.START: start.measure,
    Row.BATCH: batch.measure,
    Row.RUSH: rush.measure,
    Row.MEMORY: memory.measure,
    Row.WORKERS: workers.measure,
    Row.API: api.measure,
}


def main(
    rows: Annotated[list[Row] | None, typer.Argument(help="Which; all by default.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put what was found into docs/performance.md.")
    ] = False,
) -> None:
    """Measure, and say which figures are not what was asked."""
    found: list[Figure] = []
    noise: list[float] = []
    for row in rows or Row:
        meanwhile, started = Noise(), time.monotonic()
        found += asyncio.run(_measured(row))
        stolen = meanwhile.stolen()
        noise += [] if stolen is None else [stolen]
        lost = "" if stolen is None else f", {stolen:.1%} of the processors' time went to others"
        console.print(f"{row}: {time.monotonic() - started:.0f} s{lost}")
    console.print(_table(found))
    if write:
        page.write(found, noise)
        console.print(f"written to {page.PAGE} and {page.PICTURE}")


async def _measured(row: Row) -> Sequence[Figure]:
    return await MEASURES[row]()


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="Medians of the rounds (least to most)")
    for name in ("measured", "against", "found", "asked", "", "bare figures"):
        table.add_column(name)
    for each in figures:
        mark = {True: "[green]reached[/]", False: "[bold red]missed[/]", None: ""}[each.is_kept]
        table.add_row(each.measure, each.against, each.shown, each.asked, mark, each.bare)
    return table


if __name__ == "__main__":
    typer.run(main)
