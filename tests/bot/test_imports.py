"""What a process does not need, it does not import: that takes most of the time of its start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("openai", "nicegui", "slack_bolt", "fastapi", "aiohttp", "alembic", "websockets")


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        # The SDK of a model waits until there is one, Alembic until there is something to migrate.
        ("bot.runtime", {"slack_bolt", "fastapi", "aiohttp"}),
        ("bot.cli", set()),
        # Asked again and again, beside a desk that has work to do.
        ("bot.alive", set()),
    ],
)
def test_what_is_heavy_is_imported_where_it_is_needed(module: str, needed: set[str]) -> None:
    program = f"import sys, {module}; print(*(set({HEAVY!r}) & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(ended.stdout.split()) == needed
