"""Asking a model until it has answered, each time with a row of its own in the ledger."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from core import ledger
from core.desk import Desk
from core.model_reply import ModelReply, Outcome, Repair
from storage.tables import Job, PromptVersion

T = TypeVar("T", bound=BaseModel)

# Three to find out which format a server can do, and one repair.
MOST_CALLS = 4

REASONS = {
    Outcome.INVALID: "the model's answer did not fit the form, even after one correction",
    Outcome.REFUSAL: "the model refused to answer",
    Outcome.LENGTH: "the model's answer was cut off",
    Outcome.EMPTY: "the model's answer was empty",
    Outcome.TIMEOUT: "the model did not answer in time",
    Outcome.RATE_LIMITED: "the model takes no more requests at the moment",
    Outcome.UNAVAILABLE: "the model cannot be reached",
    Outcome.REJECTED: "the model rejects our requests (an admin should check key, model and quota)",
    Outcome.UNSUPPORTED: "the model can produce none of the formats that the desk needs",
}
"""Why there is no usable answer, in words for agents."""


async def converse(
    desk: Desk,
    ask: Callable[[Repair | None], Awaitable[ModelReply[T]]],
    *,
    job: Job,
    prompt: PromptVersion,
    model: str,
    call_id: int,
) -> tuple[int, ModelReply[T]]:
    """Ask until there is an answer or nothing more to try.

    ``call_id`` is the open row of the first call. Returns the last row, which is left open, with
    the reply that belongs into it.
    """
    repair = None
    for left in reversed(range(MOST_CALLS)):
        reply = await ask(repair)
        if left == 0:
            break
        if reply.outcome is Outcome.INVALID and repair is None:
            repair = Repair(answer=reply.text, problem=reply.error or "it does not fit")
        elif reply.outcome is not Outcome.UNSUPPORTED:
            break
        next_id = await desk.run(
            ledger.next_call, job=job, call_id=call_id, reply=reply, prompt=prompt, model=model
        )
        if next_id is None:  # what it was told was deleted meanwhile
            break
        call_id = next_id
    return call_id, reply
