"""The life of the process: start, work, drain, stop."""

import asyncio
import gc
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Protocol

import structlog

from bot import api, metrics
from bot.app import Running, assembled
from bot.counting import counted
from bot.health import Readiness
from bot.http import HttpServer, create_app
from bot.parts import Background
from bot.socket import Socket
from core import schedule
from core.errors import ConfigurationError
from core.settings import Settings

log = structlog.get_logger(__name__)

DRAIN = timedelta(seconds=20)


async def until_signal(settings: Settings) -> None:
    """Run the desk until SIGTERM or SIGINT. Raises what ``run`` raises."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await run(settings, stop)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run the desk until ``stop`` is set.

    Raises:
        ConfigurationError: it cannot start, or Slack takes one of its tokens no more.
    """
    revoked: list[str] = []

    def on_unauthorised(code: str) -> None:
        revoked.append(code)
        stop.set()

    async with AsyncExitStack() as stack:
        entering = stack.enter_async_context(assembled(settings, on_unauthorised))
        running = await _started(asyncio.create_task(entering), stop, revoked)
        if running is not None:
            await stack.enter_async_context(counted(running.parts.desk))
            await _serve(running, settings, stop)
    if revoked:
        raise ConfigurationError(
            f"Slack takes the bot's token no more ({revoked[0]}): put a new SLACK_BOT_TOKEN in "
            "place and start again; what was not sent yet will be sent then"
        )


async def _started(
    starting: asyncio.Task[Running], stop: asyncio.Event, revoked: Sequence[str]
) -> Running | None:
    """Wait until the desk is put together; None where ``stop`` was set before.

    Raises what ``assembled`` raises: it tells better of a token that is wrong from the start.
    """
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done() or revoked:
            return await starting
        log.info("told to stop while the desk was starting")
        return None
    finally:
        for task in (starting, stopping):
            task.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)


class Connection(Protocol):
    """A way on which Slack reaches the desk."""

    async def open(self, stop: asyncio.Event) -> None:
        """Be reachable, or give that up once ``stop`` is set."""

    async def watch(self) -> None:
        """Wait for ever; raise what makes going on senseless."""

    async def close(self) -> None:
        """Take nothing more, and acknowledge what was taken."""


async def _serve(running: Running, settings: Settings, stop: asyncio.Event) -> None:
    """Work until ``stop``; if the worker dies, so does the process, for its supervisor to see."""
    parts = running.parts
    clock = schedule.scheduler(parts.desk, parts.installation, settings)
    worker = _at_work(running, stop)
    connections = _connections(running, settings, worker)
    try:
        for each in connections:
            await each.open(stop)
        if worker is not None:
            clock.start()
        # What the start made stays for good: the collector need not look at it again and again,
        # which takes tens of milliseconds in the middle of a crowd.
        gc.freeze()
        log.info("the desk is open", team=parts.installation.team_id, role=settings.role.value)
        await _until(stop, connections)
        log.info("closing the desk")
    finally:
        if clock.running:
            clock.shutdown(wait=False)
        await asyncio.gather(
            _let_go(connections, parts.background),
            *([running.worker.stop(DRAIN)] if running.worker is not None else []),
        )
        if worker is not None:
            await worker
        log.info("the desk is closed")


def _at_work(running: Running, stop: asyncio.Event) -> asyncio.Task[None] | None:
    """Start the worker, if this process is to have one."""
    if running.worker is None:
        return None
    worker = asyncio.create_task(running.worker.run(), name="worker")
    worker.add_done_callback(lambda _: stop.set())
    return worker


async def _let_go(connections: Sequence[Connection], background: Background) -> None:
    """Take nothing more, and end what listeners left behind, all of it within ``DRAIN``."""
    loop = asyncio.get_running_loop()
    until = loop.time() + DRAIN.total_seconds()
    await _close(connections)
    await background.drain(timedelta(seconds=max(0, until - loop.time())))


async def _close(connections: Sequence[Connection]) -> None:
    """Close them all. One that cannot be closed keeps nothing under way from its end."""
    closing = (each.close() for each in connections)
    for ended in await asyncio.gather(*closing, return_exceptions=True):
        if isinstance(ended, BaseException):
            log.error("a connection could not be closed", exc_info=ended)


def _connections(
    running: Running, settings: Settings, worker: asyncio.Task[None] | None
) -> list[Connection]:
    """Make the HTTP server, and the socket where there is a token for it and events are taken.

    The server is first to open, so that whoever watches over the desk sees whether it waits for the
    socket. What it asks Slack at its start comes before either.
    """
    socket = (
        Socket(running.app, settings.slack_app_token, settings)
        if running.app is not None and settings.slack_app_token is not None
        else None
    )
    readiness = Readiness(running.parts.desk, settings, worker=worker, socket=socket)
    http = create_app(running.app, settings, readiness)
    if running.app is not None:
        api.mount(http, running.parts)
        watch = metrics.Watch(running.parts.desk, running.parts.installation)
        http.include_router(metrics.router(watch))
    server = HttpServer(http, settings)
    return [server, socket] if socket is not None else [server]


async def _until(stop: asyncio.Event, connections: Sequence[Connection]) -> None:
    """Wait for ``stop``.

    Raises:
        ConfigurationError: Slack takes the app-level token no more.
    """
    stopping = asyncio.create_task(stop.wait())
    watching = [asyncio.create_task(each.watch()) for each in connections]
    try:
        await asyncio.wait({stopping, *watching}, return_when=asyncio.FIRST_COMPLETED)
        for each in watching:
            if each.done():
                await each
    finally:
        for task in (stopping, *watching):
            task.cancel()
        await asyncio.gather(stopping, *watching, return_exceptions=True)
