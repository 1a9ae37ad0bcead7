"""What a benchmark found: ratios, and whether they reach what was asked."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Bound = Literal["at least", "at most"]


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    ``values`` are those of the rounds; the median counts. ``reach`` is the limit, None where the
    figure is only stated. ``bare`` is what it was made of, for who wants to check.
    """

    row: str
    measure: str
    against: str
    values: tuple[float, ...]
    unit: str
    bare: str
    reach: float | None = None
    bound: Bound = "at most"

    @property
    def median(self) -> float:
        """What counts."""
        return statistics.median(self.values)

    @property
    def is_kept(self) -> bool | None:
        """Whether it reaches what was asked; None where nothing was."""
        if self.reach is None:
            return None
        return self.median >= self.reach if self.bound == "at least" else self.median <= self.reach

    @property
    def shown(self) -> str:
        """The median, with the least and the most."""
        ends = f" ({_short(min(self.values))}–{_short(max(self.values))})"
        return f"{_short(self.median)} {self.unit}" + (ends if len(self.values) > 1 else "")

    @property
    def asked(self) -> str:
        """The limit in words."""
        return "stated" if self.reach is None else f"{self.bound} {self.reach:g} {self.unit}"


def _short(value: float) -> str:
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{places}f}"


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which so many percent of them are."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Return ours by theirs, round by round: each pair was measured right after one another."""
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def spread(values: Sequence[float]) -> str:
    """The median with least and most, for the bare figures."""
    return f"{_short(statistics.median(values))} ({_short(min(values))}–{_short(max(values))})"


class Noise:
    """How much of the machine's time others took meanwhile, as far as the system tells."""

    def __init__(self) -> None:
        self._before = _cpu_times()

    def stolen(self) -> float | None:
        """The share of all processor time since then that the host gave to others."""
        before, after = self._before, _cpu_times()
        if before is None or after is None or sum(after) == sum(before):
            return None
        return (after[7] - before[7]) / (sum(after) - sum(before))


def _cpu_times() -> list[int] | None:
    try:
        first = Path("/proc/stat").read_text(encoding="utf-8").partition("\n")[0]
    except FileNotFoundError:
        return None  # not Linux
    return [int(each) for each in first.split()[1:9]]
