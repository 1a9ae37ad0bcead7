"""The sandbox: its parts put together, and the server that gives it an address."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from bot.sandbox.api import WebApi
from bot.sandbox.delivery import Delivery
from bot.sandbox.events import Events
from bot.sandbox.faults import Faults
from bot.sandbox.manifest import Manifest
from bot.sandbox.methods.call import Context
from bot.sandbox.people import Acting
from bot.sandbox.rate_limits import RateLimits
from bot.sandbox.response_urls import ResponseUrls
from bot.sandbox.signed_http import SignedHttp
from bot.sandbox.socket_mode import SocketHub
from bot.sandbox.timing import Timing
from bot.sandbox.traffic import Traffic
from bot.sandbox.triggers import Triggers
from bot.sandbox.workspace import Workspace

Value = TypeVar("Value")

# A condition may hang on something that announces nothing, a row in the bot's database say.
_LOOK_AGAIN = 0.05


class Sandbox:
    """A local Slack with one app installed.

    The bot reaches it through `api_url`. With `request_url`, payloads go there over signed
    HTTP; without, the manifest must switch Socket Mode on. `scale` shortens redelivery waits
    and rate limits; `timing` sets everything by hand.
    """

    def __init__(
        self,
        manifest: Manifest | Path | str | Mapping[str, Any],
        *,
        bot_token: str = "xoxb-sandbox",  # noqa: S107 - opens nothing but this sandbox
        app_token: str = "xapp-sandbox",  # noqa: S107
        signing_secret: str = "sandbox-signing-secret",  # noqa: S107
        request_url: str | None = None,
        workspace: Workspace | None = None,
        scale: float = 1.0,
        timing: Timing | None = None,
        traffic_limit: int = 5_000,
        seed: int = 0,
    ) -> None:
        self.manifest = Manifest.read(manifest)
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.url = ""
        self.timing = timing or Timing.scaled(scale)
        self.workspace = workspace or Workspace()
        self.traffic = Traffic(traffic_limit)
        self.faults = Faults(seed)
        self.sockets = SocketHub(self.workspace.app_id)
        self.http = SignedHttp(request_url, signing_secret) if request_url else None
        transport = self.http or self.sockets
        self.delivery = Delivery(transport, self.timing, self.traffic, self.faults)
        self.events = Events(self.workspace, self.manifest, self.delivery, self._address)
        triggers = Triggers(self.timing.trigger)
        response_urls = ResponseUrls(self.workspace, self.timing.response_url, self._address)
        self.people = Acting(
            self.workspace, self.manifest, self.delivery, triggers, response_urls, self._address
        )
        self._api = WebApi(
            Context(self.workspace, self.manifest, triggers, self.sockets, self._address),
            bot_token=bot_token,
            app_token=app_token,
            limits=RateLimits(self.timing),
            response_urls=response_urls,
            faults=self.faults,
            traffic=self.traffic,
        )
        self.app = Starlette(
            routes=[
                Route("/api/{method}", self._api.method, methods=["GET", "POST"]),
                Route("/response/{key}", self._api.response_url, methods=["POST"]),
                Route("/upload/{file}", self._api.upload, methods=["POST"]),
                Route("/files/{file}", self._api.download),
                WebSocketRoute("/link", self.sockets.serve),
            ]
        )

    def _address(self) -> str:
        return self.url

    @property
    def api_url(self) -> str:
        """For SLACK_API_URL."""
        return f"{self.url}/api/"

    @asynccontextmanager
    async def serve(
        self, host: str = "127.0.0.1", port: int = 0, app: ASGIApp | None = None
    ) -> AsyncIterator["Sandbox"]:
        """Serve inside the running event loop; port 0 takes a free one.

        `app` is served in place of the sandbox's own `app`, for a page that wraps it.
        """
        with socket.create_server((host, port), backlog=2_048) as listener:
            # asyncio does this itself only for a socket that names its protocol; else an answer of
            # two parts waits 40 ms for the other side's delayed ACK.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.url = f"http://{host}:{listener.getsockname()[1]}"
            config = uvicorn.Config(
                app or self.app,
                log_level="critical",
                ws=self.sockets.kind_of_line,
                timeout_graceful_shutdown=1,
            )
            server = _Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await server.ready.wait()
                yield self
            finally:
                await self.close()
                server.stop()
                await serving

    async def close(self) -> None:
        """Stop delivering and let go of every connection."""
        await self.delivery.close()
        await self.sockets.drop()
        if self.http:
            await self.http.close()

    async def until(self, condition: Callable[[], Value], timeout: float = 5.0) -> Value:  # noqa: ASYNC109
        """Wait until the condition holds, and return its value. Raises TimeoutError.

        It is looked at whenever the workspace or the traffic changes, and a few times a second.
        """
        changed = asyncio.Event()
        with (
            self.workspace.changes.observed_by(lambda _: changed.set()),
            self.traffic.changes.observed_by(lambda _: changed.set()),
        ):
            async with asyncio.timeout(timeout):
                while not (value := condition()):
                    changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), _LOOK_AGAIN)
        return value


class _Server(uvicorn.Server):
    """Runs inside somebody else's event loop.

    Says when it listens, stops as soon as it is told to, and leaves signals alone.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._stopping.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)
