"""The desk's HTTP server: for Slack where a signing secret is set, and for who watches over it.

A worker's is for the latter alone, and behind a socket of this machine instead of a port.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from slack_bolt.app.async_app import AsyncApp
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from bot import health, slack_events, worker_socket
from bot.health import Readiness
from core.errors import ConfigurationError
from core.settings import ProcessRole, Settings

log = structlog.get_logger(__name__)

# Slack's own limits are far below: a view is 250 KB at most, a message's text 40,000 characters.
LARGEST = 1_000_000
# What is being answered when the desk closes gets as long as Slack would wait for it.
GRACE = 3
ABOUT = (
    "A help desk that lives in Slack. Tokens: `ticketloop token create NAME --scope read,write`."
)


def create_app(bolt: AsyncApp | None, settings: Settings, readiness: Readiness) -> FastAPI:
    """Put the routes together.

    Nothing of Slack's is taken over HTTP without a signing secret, nor without Bolt's app.
    """
    # The page of the API's documentation brings its scripts along: it is read without the internet.
    app = FastAPIOffline(title="Ticketloop", description=ABOUT, redoc_url=None)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST)
    app.include_router(health.router(readiness))
    if bolt is not None and settings.slack_signing_secret is not None:
        app.include_router(slack_events.router(bolt, settings.slack_signing_secret))
    return app


class HttpServer:
    """Serves the app inside the desk's event loop."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._settings = settings
        self._place: Path | None = None
        # The log is set up by ``logs``; a line a request would say nothing that ours do not.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE,
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def open(self, _stop: asyncio.Event) -> None:
        """Take requests from now on.

        Raises:
            ConfigurationError: the address cannot be had, and Slack's events would come there, or
                it is all that this process is for.
        """
        listener = self._at_port() if self._settings.role.takes_events else self._at_socket()
        if listener is not None:
            self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    def _at_port(self) -> socket.socket | None:
        host, port = self._settings.host, self._settings.port
        try:
            listener = socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except OSError as error:
            reason = (
                f"HOST and PORT: nothing can be served at {host}:{port} "
                f"({error.strerror or error}); choose another PORT"
            )
            by_http = self._settings.slack_signing_secret is not None
            if by_http or self._settings.role is ProcessRole.WEB:
                raise ConfigurationError(reason) from None
            log.warning("there is no API, /health, /ready and /metrics", why=reason)
            return None
        # asyncio does this itself only for a socket that names its protocol; else an answer of two
        # parts waits 40 ms for the other side's delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        log.info("serving HTTP", host=host, port=listener.getsockname()[1])
        return listener

    def _at_socket(self) -> socket.socket | None:
        try:
            listener, self._place = worker_socket.listen(self._settings.database_url)
        except OSError as error:
            log.warning("ticketloop health will find no worker here", why=str(error))
            return None
        log.info("ticketloop health asks at a socket", place=str(self._place))
        return listener

    async def watch(self) -> None:
        """Wait for ever; where the server ends by itself, raise what ended it."""
        if self._serving is not None:
            await asyncio.shield(self._serving)
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Take no more requests, and answer those that are here."""
        if self._serving is not None:
            self._server.stop()
            await asyncio.wait({self._serving})  # what it may raise, ``watch`` raises
        if self._place is not None:
            self._place.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """Leaves the signals to the process, which ends more than this, and stops when it is told to.

    By itself it would look ten times a second whether it shall.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which renews the date in the headers
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
