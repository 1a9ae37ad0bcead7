"""The account of every model call: opened before the model is asked, closed when it answered."""

from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session

from core.metrics import count
from core.model_reply import ModelReply
from storage.repositories import contacts, messages, tickets, triage
from storage.tables import Job, ModelCall, PromptVersion

T = TypeVar("T", bound=BaseModel)


def opened(session: Session, *, job: Job, prompt: PromptVersion, model: str) -> int:
    """Write that the model is about to be asked; return the number of the row."""
    call = ModelCall(
        workspace_id=job.workspace_id,
        ticket_id=job.ticket_id,
        job_id=job.id,
        prompt_version_id=prompt.id,
        prompt_version=f"{prompt.name}/{prompt.version}",
        model=model,
    )
    session.add(call)
    session.flush()
    return call.id


def closed(session: Session, *, call_id: int, reply: ModelReply[T]) -> bool:
    """Write what came of it; not what it said, if what it may repeat is gone meanwhile.

    Returns whether that is so.
    """
    call = triage.call(session, call_id=call_id)
    is_forgotten = _has_lost_any(session, call)
    _fill(call, reply)
    if is_forgotten:
        call.answer = call.error = None
    _count(session, call)
    return is_forgotten


def _has_lost_any(session: Session, call: ModelCall) -> bool:
    """Whether anything that the model was told is gone since; until the end nothing more goes."""
    if call.ticket_id is None:
        return False
    # Tickets before their rows, as everywhere: who lets something go holds the ticket, and then
    # wants the row of the call.
    tickets.hold(session, ticket_id=call.ticket_id)
    return messages.has_lost_any_since(session, ticket_id=call.ticket_id, moment=call.created_at)


def _count(session: Session, call: ModelCall) -> None:
    count(session, "model_calls", outcome=call.outcome)
    for kind, tokens in (
        ("input", call.input_tokens),
        ("output", call.output_tokens),
        ("cached", call.cached_tokens),
    ):
        if tokens:
            count(session, "model_tokens", tokens, kind=kind)
    if call.cost:
        count(session, "model_cost_dollars", float(call.cost))


def tried_out(session: Session, *, reply: ModelReply[T]) -> None:
    """Write the account of a call about no ticket, by which an operator looked whether all is well.

    Before the desk's first start there is no workspace whose account it could be.
    """
    workspace = contacts.only_workspace(session)
    if workspace is not None:
        call = ModelCall(workspace_id=workspace.id, prompt_version="doctor")
        _fill(call, reply)
        session.add(call)


def _fill(call: ModelCall, reply: ModelReply[T]) -> None:
    call.model = reply.model
    call.request_id = reply.request_id
    call.latency_ms = reply.latency_ms
    call.input_tokens = reply.input_tokens
    call.output_tokens = reply.output_tokens
    call.total_tokens = reply.total_tokens
    call.cached_tokens = reply.cached_tokens
    call.cost = reply.cost
    call.answer = reply.text or None
    call.outcome = reply.outcome if reply.sent else "not_sent"
    call.error = reply.error


def next_call(
    session: Session,
    *,
    job: Job,
    call_id: int,
    reply: ModelReply[T],
    prompt: PromptVersion,
    model: str,
) -> int | None:
    """Close one row and open the next; return its number.

    Returns None, and leaves the row open, if the model must not be told the same once more.
    """
    if _has_lost_any(session, triage.call(session, call_id=call_id)):
        return None
    closed(session, call_id=call_id, reply=reply)
    return opened(session, job=job, prompt=prompt, model=model)
