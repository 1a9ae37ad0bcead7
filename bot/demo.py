"""``ticketloop demo``: the local Slack with its page, and the bot as a process of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import typer

from bot import manifest
from bot.sandbox import sample
from bot.sandbox.page import with_page
from bot.sandbox.server import Sandbox
from core.errors import ConfigurationError
from core.settings import Settings
from storage import schema
from storage.url import normalise

FOLDER = Path("data")
DATABASE = "demo.db"
START_TIMEOUT = 30
PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}

REQUESTS = (
    (sample.DEE, "Hi! My laptop screen flickers since the update yesterday. Not urgent."),
    (sample.GUS, "The guest wifi in the Berlin office asks for a password that I don't have."),
    (sample.FAY, "URGENT: checkout answers with a 500 error for all customers since 10 minutes!"),
)


async def run(*, port: int) -> None:
    """Serve the page on this machine, and run the bot, until Ctrl-C.

    Raises:
        ConfigurationError: the port is taken, or the bot did not start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    sandbox = Sandbox(manifest.path(), workspace=sample.acme())
    try:
        async with (
            sandbox.serve(port=port, app=with_page(sandbox)),
            bot_process(sandbox, fresh_database()) as bot,
        ):
            await _connected(sandbox, bot, stop)
            if not stop.is_set():
                await _show(sandbox)
                await _first(stop.wait(), bot.wait())
            if not stop.is_set():
                raise ConfigurationError(
                    f"the bot's process ended (exit code {bot.returncode}), and the demo with it"
                )
    except OSError:
        raise ConfigurationError(
            f"port {port} is taken or not allowed; try another: make demo PORT={port + 10}"
        ) from None


async def _show(sandbox: Sandbox) -> None:
    """Begin with a few requests, and say where to look."""
    for user, text in REQUESTS:
        await sandbox.people.post(user, sample.HELP, text)
    typer.echo(f"\n  Ticketloop is open at {sandbox.url}\n\n  Ctrl-C ends it.\n")


def fresh_database() -> str:
    """Make an empty database for this run, because the local Slack starts empty too."""
    FOLDER.mkdir(exist_ok=True)
    for left in FOLDER.glob(f"{DATABASE}*"):
        left.unlink()
    url = f"sqlite:///{(FOLDER / DATABASE).resolve()}"
    schema.upgrade(normalise(url))
    return url


def environment(sandbox: Sandbox, database: str) -> dict[str, str]:
    """Return the bot's environment: nothing of a real workspace or a real model reaches it."""
    ours = {name.upper() for name in Settings.model_fields}
    hidden = ours | PROXIES  # the SDK would send even what is for this machine to a proxy
    kept = {name: value for name, value in os.environ.items() if name.upper() not in hidden}
    return kept | {
        "SLACK_API_URL": sandbox.api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "DATABASE_URL": database,
        "PORT": "0",
        "LOG_LEVEL": "WARNING",
    }


@contextlib.asynccontextmanager
async def bot_process(sandbox: Sandbox, database: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the bot as users run it, in a folder without an ``.env``."""
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=FOLDER, env=environment(sandbox, database)
    )
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.terminate()
        await bot.wait()


async def _connected(
    sandbox: Sandbox, bot: asyncio.subprocess.Process, stop: asyncio.Event
) -> None:
    connected = sandbox.until(lambda: sandbox.sockets.connected > 0, timeout=START_TIMEOUT)
    await _first(connected, bot.wait(), stop.wait())
    if not sandbox.sockets.connected and not stop.is_set():
        raise ConfigurationError("the bot did not start; what it said stands above")


async def _first(*works: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of them is done."""
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
