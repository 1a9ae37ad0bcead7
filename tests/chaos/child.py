"""The bot as a process of its own, which can be told to kill itself at one moment of its life."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot import app, cli, logs, runtime
from core import retry
from core.desk import Desk
from core.settings import Settings
from core.triager import Brief, ModelTriager

When = Literal["before", "after"]


@dataclass(frozen=True)
class Moment:
    """Just before or just after something is done for the ``nth`` time.

    ``what`` is a payload of Slack, from its arrival to its acknowledgement (``event message``,
    ``click approve``); a transaction, by its service's name (``enter``); the claim or the
    last transaction of a job (``claim card``, ``finish card``); or ``ask``, for the model.
    """

    when: When
    what: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.what}{f' {self.nth}' if self.nth > 1 else ''}"


def live(settings: Settings, log: Path, last: Moment | None, patience: float | None = None) -> None:
    """Run the desk as ``ticketloop run`` does; die at that moment if one is given.

    ``patience`` is how long Slack's answers are waited for, in seconds, where that is not the
    desk's own; a job that went wrong again and again then waits some ten times as long at most.
    """
    _write_to(log)
    if patience is not None:
        app.SLACK_TIMEOUT = aiohttp.ClientTimeout(total=patience)
        retry.LONGEST_DELAY = timedelta(seconds=10 * patience)
    if last is not None:
        _arm(last)
    logs.set_up(level="INFO", form="console")
    asyncio.run(runtime.until_signal(settings))


def command(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> None:
    """Do as ``ticketloop`` does with these arguments, in this environment and no other."""
    _write_to(log)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(log.parent)  # where no .env is
    sys.argv = ["ticketloop", *arguments]
    cli.main()


def _write_to(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)


Passed = Callable[[When, str], None]


def _arm(last: Moment) -> None:
    left = last.nth

    def passed(when: When, what: str) -> None:
        nonlocal left
        if (when, what) == (last.when, last.what):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    _watch_transactions(passed)
    _watch_payloads(passed)
    _watch_model(passed)


def _watch_transactions(passed: Passed) -> None:
    run = Desk.run

    async def watched(desk: Desk, service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        what = getattr(service, "__name__", "")
        if what == "finish":
            what = f"finish {kwargs['job'].kind}"
        passed("before", what)
        answer = await run(desk, service, *args, **kwargs)
        for each in [f"claim {job.kind}" for job in answer[0].jobs] if what == "claim" else [what]:
            passed("after", each)
        return answer

    Desk.run = watched  # type: ignore[method-assign, assignment]


def _watch_payloads(passed: Passed) -> None:
    handle = AsyncSocketModeHandler.handle

    async def watched(
        handler: AsyncSocketModeHandler, client: SocketModeClient, request: SocketModeRequest
    ) -> None:
        payload = request.payload
        what = f"event {payload.get('event', {}).get('type')}"
        if payload.get("actions"):
            what = f"click {payload['actions'][0]['action_id']}"
        passed("before", what)
        await handle(handler, client, request)
        passed("after", what)

    AsyncSocketModeHandler.handle = watched  # type: ignore[method-assign, assignment]


def _watch_model(passed: Passed) -> None:
    ask = ModelTriager.ask

    async def watched(triager: ModelTriager, brief: Brief, *more: Any) -> Any:
        passed("before", "ask")
        reply = await ask(triager, brief, *more)
        passed("after", "ask")
        return reply

    ModelTriager.ask = watched  # type: ignore[method-assign, assignment]
