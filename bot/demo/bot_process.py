"""The bot of the demo: a process of its own, which may be killed and started again."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.demo import leash

# Without the folder on its path (-P): nothing in there is taken for a module.
_COMMAND = (sys.executable, "-P", leash.__file__, "run")


class BotProcess:
    """Runs the bot as users run it, in a folder without an ``.env``; one at a time.

    ``environment`` is asked at each start.
    """

    def __init__(self, folder: Path, environment: Callable[[], Mapping[str, str]]) -> None:
        self._folder = folder
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._killed: asyncio.subprocess.Process | None = None
        self._started = asyncio.Event()
        self._changing = asyncio.Lock()
        self._is_closing = False

    @property
    def is_killed(self) -> bool:
        """Whether it was killed and not started again yet."""
        return self._process is not None and self._process is self._killed

    @property
    def _is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, unless it runs or was stopped for good. Returns before it has connected."""
        async with self._changing:
            if self._is_alive or self._is_closing:
                return
            self._process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                cwd=self._folder,
                env=self._environment(),
                stdin=asyncio.subprocess.PIPE,
            )
            self._started.set()

    async def kill(self) -> None:
        """Kill it in the middle of whatever it does: SIGKILL, no farewell."""
        async with self._changing:
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
        """End it as SIGTERM does, wait for that, and start it no more."""
        self._is_closing = True
        async with self._changing:
            if self._process is None:
                return
            if self._process.returncode is None:
                self._process.terminate()
            await self._process.wait()
