"""The bot of the demo: a process of its own, which may be killed and started again."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path


class BotProcess:
    """Runs the bot as users run it, in a folder without an ``.env``.

    ``environment`` is asked at each start.
    """

    def __init__(self, folder: Path, environment: Callable[[], Mapping[str, str]]) -> None:
        self._folder = folder
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._killed: asyncio.subprocess.Process | None = None
        self._started = asyncio.Event()

    @property
    def is_killed(self) -> bool:
        """Whether it was killed and not started again yet."""
        return self._process is not None and self._process is self._killed

    async def start(self) -> None:
        """Start it. Returns before it has connected."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), cwd=self._folder, env=self._environment()
        )
        self._started.set()

    async def kill(self) -> None:
        """Kill it in the middle of whatever it does: SIGKILL, no farewell."""
        process = self._process
        if process is not None and process.returncode is None:
            self._started.clear()
            self._killed = process
            process.kill()
            await process.wait()

    async def ended(self) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        while True:
            await self._started.wait()
            process = self._process
            if process is not None:
                code = await process.wait()
                if process is not self._killed:
                    return code

    async def stop(self) -> None:
        """End it as SIGTERM does, and wait for that."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()
