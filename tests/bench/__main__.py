"""How near the limit the desk runs: ``python -m tests.bench``, or with the names of rows.

What is measured is set beside a floor, or the same with less, in the same run and in turn; bare
times say more of the machine than of the desk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.bench import batch, intake, rush, scale, start
from tests.bench.figures import Figure, Noise

console = Console()


class Row(StrEnum):
    """What can be measured by itself."""

    INTAKE = "intake"
    SCALE = "scale"
    START = "start"
    BATCH = "batch"
    RUSH = "rush"


MEASURES: dict[Row, Callable[[], Awaitable[Sequence[Figure]]]] = {
    Row.INTAKE: intake.measure,
    Row.SCALE: scale.measure,
    Row.START: start.measure,
    Row.BATCH: batch.measure,
    Row.RUSH: rush.measure,
}


def main(
    rows: Annotated[list[Row] | None, typer.Argument(help="Which; all by default.")] = None,
) -> None:
    """Measure, and say which figures are not what was asked."""
    found: list[Figure] = []
    for row in rows or Row:
        noise = Noise()
        console.print(f"measuring {row} ...")
        found += asyncio.run(_measured(row))
        stolen = noise.stolen()
        if stolen is not None:
            console.print(f"  meanwhile the host gave {stolen:.1%} of the processors to others")
    console.print(_table(found))


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
