"""The model: one tiny real call."""

import asyncio
from collections.abc import Callable

from pydantic import BaseModel

from bot.doctor.configuration import Given
from bot.doctor.finding import Finding, fail, ok, skipped, warn
from bot.model import model_client
from core.answer_format import AnswerFormat
from core.model import ModelClient, Outcome
from core.model_reply import ModelReply

NEEDED = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "MODEL_TIMEOUT")


class Pong(BaseModel):
    """What the model is to answer."""

    ok: bool


Account = Callable[[ModelReply[Pong]], None]
"""Writes a call into the ledger."""


async def examine(given: Given, account: Account) -> Finding:
    """Ask the model, if one is set up; each call is accounted for."""
    if because := given.lacks(*NEEDED):
        return skipped("model", because)
    async with model_client(given.settings) as model:
        if model is None:
            return ok("model", "none is set up: the built-in offline triage serves")
        return _meaning(await _ask(model, account))


async def _ask(model: ModelClient, account: Account) -> ModelReply[Pong]:
    for _ in AnswerFormat:  # a server that cannot do one format is asked for the next one
        reply = await model.ask(
            system="You check a connection. Answer with ok = true.", user="Ping.", output=Pong
        )
        await asyncio.to_thread(account, reply)
        if reply.outcome is not Outcome.UNSUPPORTED:
            break
    return reply


def _meaning(reply: ModelReply[Pong]) -> Finding:
    error = reply.error or ""
    seconds = f"{reply.latency_ms / 1000:.1f} s"
    match reply.outcome:
        case Outcome.ANSWERED:
            tokens = f", {reply.total_tokens} tokens" if reply.total_tokens is not None else ""
            return ok("model", f"{reply.model} answered within {seconds}{tokens}")
        case Outcome.RATE_LIMITED:
            do = "wait, or ask the provider for a higher limit; jobs wait by themselves"
            return warn("model", f"{reply.model}: {error}", do)
        case Outcome.TIMEOUT:
            do = "look at the server, raise MODEL_TIMEOUT, or choose a faster OPENAI_MODEL"
        case Outcome.UNAVAILABLE:
            do = "look whether the server runs and can be reached; its address is OPENAI_BASE_URL"
        case Outcome.REJECTED:
            do = _rejected(error)
        case _:
            do = "choose a model in OPENAI_MODEL that answers in JSON"
            return warn("model", f"{reply.model} answers, but not as asked: {error}", do)
    return fail("model", f"{reply.model}: {error}", do)


def _rejected(error: str) -> str:
    if error.startswith(("HTTP 401", "HTTP 403")):
        return "put a valid key into OPENAI_API_KEY"
    if error.startswith("HTTP 404"):
        return "name a model in OPENAI_MODEL that this server has, or mend OPENAI_BASE_URL"
    return "look at what the server says: the account, OPENAI_MODEL or OPENAI_BASE_URL"
