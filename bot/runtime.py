"""The life of the process: start, work, drain, stop."""

import asyncio
import gc
import signal
from datetime import timedelta

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.app import Running, assembled
from bot.posting import permanent_code
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
        ConfigurationError: it cannot start, or Slack takes its token no more.
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
    handler = AsyncSocketModeHandler(running.app, settings.slack_app_token.get_secret_value())
    clock = schedule.scheduler(running.parts.desk, running.parts.installation)
    worker = asyncio.create_task(running.worker.run(), name="worker")
    worker.add_done_callback(lambda _: stop.set())
    try:
        await _connect(handler, stop)
        clock.start()
        # What the start made stays for good: the collector need not look at it again and again,
        # which takes tens of milliseconds in the middle of a crowd.
        gc.freeze()
        log.info("the desk is open", team=running.parts.installation.team_id)
        await stop.wait()
        log.info("closing the desk")
    finally:
        if clock.running:
            clock.shutdown(wait=False)
        await handler.close_async()  # type: ignore[no-untyped-call]
        await running.parts.background.drain(DRAIN)
        await running.worker.stop(DRAIN)
        await worker
        log.info("the desk is closed")


async def _connect(handler: AsyncSocketModeHandler, stop: asyncio.Event) -> None:
    """Open the socket, or give that up once ``stop`` is set.

    Raises:
        ConfigurationError: Slack does not take the app-level token.
    """
    try:
        # The SDK's own loop would try a wrong token for ever.
        await handler.client.web_client.apps_connections_open(app_token=handler.app_token)
    except SlackApiError as error:
        if code := permanent_code(error):
            raise ConfigurationError(
                f"SLACK_APP_TOKEN is wrong: Slack answers {code} to it. It needs the scope "
                "connections:write, and Socket Mode must be switched on in the app"
            ) from None
    except (aiohttp.ClientError, TimeoutError):
        pass  # the loop tries again
    connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (connecting, stopping):
        task.cancel()
    await asyncio.gather(connecting, stopping, return_exceptions=True)
