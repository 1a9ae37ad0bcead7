"""A real HTTP server on this machine that speaks the OpenAI protocol and does as it is told.

In a test::

    async with FakeOpenAI() as server:
        server.will(rate_limited(), prose())  # then the default again
        client = ModelClient(base_url=server.base_url, ...)

As a process, for load measurements and demonstrations::

    python -m tests.fakes.openai_server --port 8901 --delay 5
"""

import argparse
import asyncio
import contextlib
import json
import socket
import sys
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.openai_behaviours import Asked, Behaviour, answer, triage
from tests.fakes.openai_failures import slow


class FakeOpenAI:
    """Answers every request as scripted, and remembers what it was asked.

    ``base_url`` is where it is, as a client wants it. ``default`` is what it does when the script
    is empty: a valid triage of the user's text, unless told otherwise. ``asked`` holds every
    request in the order of arrival, ``peak`` the most that were under way at once. It is the ASGI
    application, too.
    """

    def __init__(self, default: Behaviour | None = None) -> None:
        self.default = self._first_default = default or answer(triage)
        self.base_url = ""
        self.asked: list[Asked] = []
        self.peak = 0
        self._script: deque[Behaviour] = deque()
        self._under_way: set[asyncio.Task[Any]] = set()
        self._routes = Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._models),
            ]
        )
        self._server = _Server(_config(self))
        self._serving: asyncio.Task[None] | None = None

    def will(self, *behaviours: Behaviour) -> None:
        """Do these next, one a request, in the order in which requests arrive."""
        self._script.extend(behaviours)

    def forget(self) -> None:
        """Be as new: no script, nothing remembered; requests under way are broken off."""
        self.default = self._first_default
        self.asked = []
        self.peak = 0
        self._script.clear()
        for task in self._under_way:
            task.cancel()

    @property
    def under_way(self) -> int:
        """How many requests are being answered now."""
        return len(self._under_way)

    async def __aenter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        await self._server.ready.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self.forget()
        if self._serving:
            await self._serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        self.peak = max(self.peak, self.under_way)
        try:
            await self._routes(scope, receive, send)
        finally:
            self._under_way.discard(task)

    async def _complete(self, request: Request) -> Response:
        asked = Asked(dict(request.headers), json.loads(await request.body()))
        self.asked.append(asked)
        number = len(self.asked)
        behaviour = self._script.popleft() if self._script else self.default
        response = await behaviour(asked)
        response.headers["x-request-id"] = f"req-{number}"
        return response

    async def _models(self, _request: Request) -> Response:
        model = {"id": "fake", "object": "model", "created": 1767225600, "owned_by": "tests"}
        return JSONResponse({"object": "list", "data": [model]})


class _Server(uvicorn.Server):
    """Serves inside a test's event loop: says when it is ready and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _AnnouncingServer(uvicorn.Server):
    """Serves as a process: prints one line when it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"ready on http://127.0.0.1:{self.config.port}/v1\n")
        sys.stdout.flush()


def _config(app: FakeOpenAI, port: int = 0) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=60,  # clients keep theirs for 5 s: two that give up at once would race
    )


def main() -> None:
    """Serve until stopped, each answer after a delay."""
    parser = argparse.ArgumentParser(description="A fake OpenAI server on this machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    _AnnouncingServer(_config(FakeOpenAI(slow(options.delay)), options.port)).run()


if __name__ == "__main__":
    main()
