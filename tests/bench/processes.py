"""Programs beside the one that measures: the desk, a floor, a model."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fixtures.ports import free_port

ROOT = Path(__file__).parents[2]
START = 60


@asynccontextmanager
async def process(
    *arguments: str, env: Mapping[str, str], folder: Path, says: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run Python with these arguments, and end it at the end."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        env=env,
        stdout=asyncio.subprocess.PIPE if says else None,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


@asynccontextmanager
async def model(delay: float) -> AsyncIterator[str]:
    """Run a model that thinks for so many seconds; give its address."""
    port = free_port()
    arguments = ["-m", "tests.fakes.openai_server", "--port", str(port), "--delay", str(delay)]
    async with process(*arguments, env=os.environ, folder=ROOT, says=True) as server:
        assert server.stdout is not None
        await asyncio.wait_for(server.stdout.readline(), START)
        yield f"http://127.0.0.1:{port}/v1"


def resident_mb(pid: int) -> float:
    """How much memory the process holds, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid: int) -> float | None:
    """How much of a processor's time the process took; None where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return None  # not Linux
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
