"""The figures in ``docs/performance.md``, and the picture of them."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from tests.bench.figures import Figure
from tests.bench.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "pictures" / "performance.svg"
BEGIN, END = "<!-- figures: made by make bench -->\n", "<!-- end of figures -->"

WIDTH, LEFT, LINE, BAR = 900, 10, 34, 10
# A bar that is twice the limit fills the picture.
FULL = 2
LIMIT_AT = LEFT + (WIDTH - LEFT - 60) / FULL
KEPT, MISSED = "#2e7d32", "#c62828"


def write(figures: Sequence[Figure], stolen: Sequence[float]) -> None:
    """Put the table into the page, and draw the picture anew."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{_table(figures, stolen)}{END}{after}", encoding="utf-8")
    PICTURE.write_text(_picture(figures), encoding="utf-8")


def _table(figures: Sequence[Figure], stolen: Sequence[float]) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    noise = f", of which the host gave {max(stolen):.1%} at most to others" if stolen else ""
    lines = [
        f"\nMeasured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at {commit or 'no commit'}, Python "
        f"{platform.python_version()}, {os.cpu_count()} processors{noise}.\n",
        "| measured | against | found | asked | | bare figures |",
        "|---|---|---|---|---|---|",
    ]
    mark = {True: "reached", False: "**missed**", None: ""}
    lines += [
        f"| {each.measure} | {each.against} | {each.shown} | {each.asked} | {mark[each.is_kept]} "
        f"| {each.bare} |"
        for each in figures
    ]
    picture = f"![How much of its limit each figure takes](pictures/{PICTURE.name})"
    return "\n".join([*lines, "", picture]) + "\n\n"


def _picture(figures: Sequence[Figure]) -> str:
    """How much of its limit each figure takes; the line is the limit."""
    limited = [each for each in figures if each.reach]
    height = LINE * (len(limited) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        *(_bar(each, LINE * (index + 1)) for index, each in enumerate(limited)),
        f'<line x1="{LIMIT_AT}" y1="{LINE / 2}" x2="{LIMIT_AT}" y2="{height - LINE}" '
        'stroke="black" stroke-dasharray="4 3"/>',
        f'<text x="{LIMIT_AT}" y="{height - 6}" text-anchor="middle">the limit</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(figure: Figure, y: int) -> str:
    share = _share(figure)
    width = min(share, FULL) * (LIMIT_AT - LEFT)
    name = escape(figure.measure)
    return (
        f'<text x="{LEFT}" y="{y}">{name}</text>'
        f'<rect x="{LEFT}" y="{y + 5}" width="{width:.1f}" height="{BAR}" '
        f'fill="{KEPT if figure.is_kept else MISSED}"/>'
        f'<text x="{LEFT + width + 6:.1f}" y="{y + BAR + 4}">{share:.0%}</text>'
    )


def _share(figure: Figure) -> float:
    assert figure.reach is not None
    if figure.bound == "at least":
        return figure.reach / figure.median
    return max(figure.median, 0) / figure.reach
