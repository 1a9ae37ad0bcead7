"""The life of the process: start, work, drain, stop."""

import asyncio
import gc
import signal
from datetime import timedelta

import structlog

from bot.app import Running, assembled
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

    async with assembled(settings, on_unauthorised) as running:
        await _serve(running, settings, stop)
    if revoked:
        raise ConfigurationError(
            f"Slack takes the bot's token no more ({revoked[0]}): put a new SLACK_BOT_TOKEN in "
            "place and start again; what was not sent yet will be sent then"
        )


async def _serve(running: Running, settings: Settings, stop: asyncio.Event) -> None:
    """Work until ``stop``; if the worker dies, so does the process, for its supervisor to see."""
    if settings.slack_app_token is None:
        raise ConfigurationError("SLACK_APP_TOKEN is missing: Socket Mode needs it")
    socket = Socket(running.app, settings.slack_app_token, settings)
    clock = schedule.scheduler(running.parts.desk, running.parts.installation, settings)
    worker = asyncio.create_task(running.worker.run(), name="worker")
    worker.add_done_callback(lambda _: stop.set())
    try:
        await socket.open(stop)
        clock.start()
        # What the start made stays for good: the collector need not look at it again and again,
        # which takes tens of milliseconds in the middle of a crowd.
        gc.freeze()
        log.info("the desk is open", team=running.parts.installation.team_id)
        await _until(stop, socket)
        log.info("closing the desk")
    finally:
        if clock.running:
            clock.shutdown(wait=False)
        await socket.close()
        await running.parts.background.drain(DRAIN)
        await running.worker.stop(DRAIN)
        await worker
        log.info("the desk is closed")


async def _until(stop: asyncio.Event, socket: Socket) -> None:
    """Wait for ``stop``.

    Raises:
        ConfigurationError: Slack takes the app-level token no more.
    """
    stopping = asyncio.create_task(stop.wait())
    watching = asyncio.create_task(socket.watch())
    try:
        await asyncio.wait({stopping, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            await watching
    finally:
        for task in (stopping, watching):
            task.cancel()
        await asyncio.gather(stopping, watching, return_exceptions=True)
