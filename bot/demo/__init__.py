"""``ticketloop demo``: the local Slack with its page, and the bot as a process of its own."""

import asyncio
import contextlib
import functools
import os
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import manifest
from bot.demo import stand_in, switches
from bot.demo.bot_process import BotProcess
from bot.demo.guide import first_minute
from bot.demo.stand_in import StandIn
from bot.sandbox import sample
from bot.sandbox.page import with_page
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from core.errors import ConfigurationError
from core.settings import Settings
from storage import schema
from storage.url import normalise

FOLDER = Path("data")
LOCAL = "127.0.0.1"
START_TIMEOUT = 30
# Slack delivers again at once, after a minute and after five more. Nobody would watch that, so here
# it is every three seconds, for as long.
TIMING = Timing(redeliveries=(0.0, *(120 * (3.0,))))
# What a killed bot was about to do, the next one takes over after so many seconds.
LEASE = 5
# Who tries things out soon writes again as the same person, and looks for a second ticket.
GROUP_WINDOW = 10
PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}

REQUESTS = (
    (sample.DEE, "Hi! My laptop screen flickers since the update yesterday. Not urgent."),
    (sample.GUS, "The guest wifi in the Berlin office asks for a password that I don't have."),
    (sample.FAY, "URGENT: checkout answers with a 500 error for all customers since 10 minutes!"),
)


async def run(*, port: int) -> None:
    """Serve the page on this machine, and run the bot, until Ctrl-C.

    Raises:
        ConfigurationError: the port is taken, the folder cannot be written, or the bot did not
            start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    sandbox = local_slack()
    model = StandIn()
    api_port = functools.cache(lambda: port_beside(port_of(sandbox)))  # the same at each start
    bot = BotProcess(
        FOLDER,
        lambda: (
            environment(sandbox, database_url(port_of(sandbox)), port=api_port()) | asking(sandbox)
        ),
    )
    page = with_page(
        sandbox,
        guide=first_minute(sandbox.workspace),
        switches=[*switches.of_model(model), switches.of_bot(bot)],
    )
    try:
        async with sandbox.serve(port=port, app=beside(page, model)), at_work(bot, sandbox):
            await _connected(sandbox, bot, stop)
            if not stop.is_set():
                await _show(sandbox, api_port())
                await _first(stop.wait(), bot.ended())
            if not stop.is_set():
                raise ConfigurationError(
                    f"the bot's process ended (exit code {await bot.ended()}), and the demo with it"
                )
    except OSError:
        raise ConfigurationError(
            f"port {port} is taken or not allowed; try another: make demo PORT={port + 10}"
        ) from None


async def _show(sandbox: Sandbox, api_port: int) -> None:
    """Begin with a few requests, and say where to look."""
    for user, text in REQUESTS:
        await sandbox.people.post(user, sample.HELP, text)
    url = shlex.quote(database_url(port_of(sandbox)))
    command = shlex.quote(str(Path(sys.executable).with_name("ticketloop")))
    typer.echo(
        f"\n  Ticketloop is open at {sandbox.url}\n\n"
        f"  Its REST API is at http://{LOCAL}:{api_port}/docs. For a token, say in another shell:\n"
        f"  DATABASE_URL={url} {command} token create me --scope read,write\n\n"
        "  Ctrl-C ends it.\n"
    )


def local_slack() -> Sandbox:
    """Return a Slack with tokens of its own: a bot that is left over from elsewhere is refused."""
    return Sandbox(
        manifest.path(),
        bot_token=f"xoxb-{secrets.token_urlsafe(16)}",
        app_token=f"xapp-{secrets.token_urlsafe(16)}",
        workspace=sample.acme(),
        timing=TIMING,
    )


def port_of(sandbox: Sandbox) -> int:
    """Return where it is served; 0 before it is."""
    return urlsplit(sandbox.url).port or 0


def port_beside(page: int) -> int:
    """Return the port after the page's, or any that is free where that one is taken."""
    try:
        return _free((page + 1) % 65_536)  # after the last one comes 0, which is any
    except OSError:
        return _free(0)


def _free(port: int) -> int:
    with socket.create_server((LOCAL, port)) as tried:
        return int(tried.getsockname()[1])


def database(port: int) -> Path:
    """Return where the desk of the demo at this port keeps its tickets."""
    return FOLDER / f"demo-{port}.db"


def database_url(port: int) -> str:
    """Return the same for ``DATABASE_URL``."""
    return f"sqlite:///{database(port).resolve()}"


def empty_database(port: int) -> None:
    """Begin with an empty database, because the local Slack starts empty too."""
    try:
        FOLDER.mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the demo keeps its tickets in {FOLDER.resolve()}, which cannot be made: "
            f"{error.strerror}; start it in another folder"
        ) from None
    for left in FOLDER.glob(f"{database(port).name}*"):
        left.unlink()
    schema.upgrade(normalise(database_url(port)))


def environment(sandbox: Sandbox, database: str, *, port: int = 0) -> dict[str, str]:
    """Return the bot's environment: nothing of a real workspace or a real model reaches it."""
    ours = {name.upper() for name in Settings.model_fields}
    hidden = ours | PROXIES  # the SDK would send even what is for this machine to a proxy
    kept = {name: value for name, value in os.environ.items() if name.upper() not in hidden}
    return kept | {
        "SLACK_API_URL": sandbox.api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "DATABASE_URL": database,
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "DIGEST_AT": "off",  # nothing is old here
    }


def asking(sandbox: Sandbox) -> dict[str, str]:
    """Return the settings with which the bot asks the stand-in for a model, and waits less."""
    return {
        "OPENAI_BASE_URL": f"{sandbox.url}{stand_in.PREFIX}",
        "OPENAI_MODEL": stand_in.NAME,
        "JOB_LEASE": str(LEASE),
        "GROUP_WINDOW": str(GROUP_WINDOW),
    }


def beside(page: ASGIApp, model: StandIn) -> ASGIApp:
    """Serve the stand-in for a model under its prefix, and the page everywhere else."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_model = scope.get("path", "").startswith(f"{stand_in.PREFIX}/")
        await (model.app if is_model else page)(scope, receive, send)

    return serve


@contextlib.asynccontextmanager
async def at_work(bot: BotProcess, sandbox: Sandbox) -> AsyncIterator[None]:
    """Run the bot on an empty database, and end it at the end.

    The sandbox is served already: whoever has the port may empty the database that goes with it.
    """
    empty_database(port_of(sandbox))
    await bot.start()
    try:
        yield
    finally:
        await bot.stop()


async def _connected(sandbox: Sandbox, bot: BotProcess, stop: asyncio.Event) -> None:
    connected = sandbox.until(lambda: sandbox.sockets.connected > 0, timeout=START_TIMEOUT)
    await _first(connected, bot.ended(), stop.wait())
    if not sandbox.sockets.connected and not stop.is_set():
        raise ConfigurationError("the bot did not start; what it said stands above")


async def _first(*works: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of them is done."""
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
