"""What the doctor found, for people and for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.doctor.finding import Finding, State
from core.text import one_line

LONGEST = 1_000
MARKS = {
    State.OK: ("✓", "green"),
    State.WARN: ("!", "yellow"),
    State.FAIL: ("✗", "bold red"),
    State.SKIPPED: ("–", "dim"),
}


def is_fit(findings: Sequence[Finding]) -> bool:
    """Whether the desk can work like this."""
    return not any(each.state is State.FAIL for each in findings)


def as_json(findings: Sequence[Finding]) -> str:
    """``{"ok": …, "findings": [{"name", "state", "says", "do"}, …]}``."""
    return json.dumps({"ok": is_fit(findings), "findings": [asdict(each) for each in findings]})


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print a line a finding, and below it what to do."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings:
        mark, style = MARKS[each.state]
        # Names of channels and what servers say are nobody's markup.
        said = Text(one_line(each.says, LONGEST))
        if each.do:
            said.append(f"\n→ {each.do}", style="bold")
        table.add_row(Text(mark, style), Text(each.name.replace("_", " "), style), said)
    console.print(table)
    console.print()
    console.print(_summary(findings))


def _summary(findings: Sequence[Finding]) -> str:
    failed = sum(each.state is State.FAIL for each in findings)
    if failed:
        return f"{failed} of {len(findings)} must be mended before the desk works as it is set up."
    if any(each.state is State.WARN for each in findings):
        return "The desk can run. What is marked with ! could be better."
    return "All is well: the desk can run."
