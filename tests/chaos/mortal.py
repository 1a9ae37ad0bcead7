"""A desk whose bots are processes, and what must be true of it however often they died."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from bot.sandbox.errors import RefusedError
from bot.sandbox.outcomes import Outcome
from bot.sandbox.records import Message
from bot.sandbox.server import Sandbox
from bot.worker_socket import of_living
from core.settings import ProcessRole, Settings
from tests.chaos.child import Moment, command, live
from tests.e2e.story import Story
from tests.fakes.openai_server import FakeOpenAI

START = 30
PATIENCE = 30


class MortalStory(Story):
    """One desk in the sandbox, its bots in processes of their own."""

    def __init__(
        self,
        sandbox: Sandbox,
        model: FakeOpenAI,
        url: URL,
        nursery: ForkServerContext,
        log: Path,
        patience: float | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            sandbox,
            url,
            **{
                "openai_base_url": model.base_url,
                "job_lease": 1,
                "card_delay": 2,
                "model_timeout": 10,
                **settings,
            },
        )
        self.model = model
        self.bots: list[ForkServerProcess] = []
        self._nursery = nursery
        self._log = log
        self._patience = patience
        self._undertaker: asyncio.Task[None] | None = None

    async def start(self, last: Moment | None = None) -> None:
        """Start a bot and wait until Slack sees it, or it died at its ``last`` moment."""
        before = self.sandbox.sockets.connected
        bot = self._born(self.settings, last)
        await self.until(
            lambda: self.sandbox.sockets.connected > before or bot.exitcode is not None, START
        )

    async def start_worker(self) -> ForkServerProcess:
        """Start a process that does jobs only, and wait until its probe finds it."""
        settings = self.settings.model_copy(update={"role": ProcessRole.WORKER})
        worker = self._born(settings, None)
        mark = f"-{worker.pid}.sock"
        await self.until(
            lambda: any(
                place.name.endswith(mark) for place in of_living(self.settings.database_url)
            ),
            START,
        )
        return worker

    def born(self) -> ForkServerProcess:
        """Start a bot, and do not wait for it."""
        return self._born(self.settings, None)

    def _born(self, settings: Settings, last: Moment | None) -> ForkServerProcess:
        arguments = (settings, self._log, last, self._patience)
        bot = self._nursery.Process(target=live, args=arguments)
        bot.start()
        self.bots.append(bot)
        return bot

    def commanded(self, *arguments: str, env: Mapping[str, str]) -> ForkServerProcess:
        """Start ``ticketloop`` with these arguments in that environment."""
        bot = self._nursery.Process(target=command, args=(arguments, env, self._log))
        bot.start()
        return bot

    async def stop(self) -> None:
        """End every bot as SIGTERM does."""
        if self._undertaker is not None:
            self._undertaker.cancel()
            await asyncio.gather(self._undertaker, return_exceptions=True)
        for bot in self.bots:
            if bot.is_alive():
                bot.terminate()
        for bot in self.bots:
            await asyncio.to_thread(bot.join, START)

    async def start_mortal(self, last: Moment | None = None) -> None:
        """Start a bot that dies once; another one is started when it has."""
        await self.start(last)
        self._undertaker = asyncio.create_task(self._follow(self.bots[-1]))

    async def _follow(self, bot: ForkServerProcess) -> None:
        await asyncio.to_thread(bot.join)
        await self.start()

    def kill(self) -> None:
        """Kill the newest bot, from outside."""
        self.bots[-1].kill()

    @property
    def died(self) -> int:
        """How many bots were killed."""
        # Where two ask at once how a process ended, multiprocessing tells one of them 255.
        return sum(bot.exitcode in {-signal.SIGKILL, 255} for bot in self.bots)

    async def insist(
        self, user: str, look: Callable[[], Message], action_id: str, **more: Any
    ) -> Outcome:
        """Click, and once more after an error, as people do when the button is still there."""
        outcome = await self.click(user, look(), action_id, **more)
        if not outcome.acked:
            await self.until(lambda: self.sandbox.sockets.connected > 0, START)
            with contextlib.suppress(RefusedError):  # the button is gone: it had worked
                outcome = await self.click(user, look(), action_id, **more)
        return outcome

    async def until(self, condition: Callable[[], Any], timeout: float = PATIENCE) -> Any:  # noqa: ASYNC109
        """Wait as long as a start and a lease may take; say what the bots said if it is in vain."""
        try:
            return await super().until(condition, timeout)
        except AssertionError as error:
            said = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
            raise AssertionError(f"{error}\nthe bots said:\n{said}") from None
