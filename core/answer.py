"""What a model says about a ticket: the schemas that its answers must fit."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.text import MESSAGE_LIMIT, clean, one_line


def _clean(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _one_line(value: object) -> object:
    return one_line(value, MESSAGE_LIMIT) if isinstance(value, str) else value


# What no database or screen can hold goes first: a text of nothing else counts as missing.
_CLEAN = BeforeValidator(_clean)
_ONE_LINE = BeforeValidator(_one_line)


class TriageAnswer(BaseModel):
    """One triage of one ticket.

    ``category`` is the key of one of the desk's categories; that it is one of them is checked by
    the caller, since the set is a setting. ``language`` is a BCP 47 tag (``en``, ``pt-BR``).
    ``question`` is what must be asked before the request can be met, or None. ``reply_draft`` is
    for an agent to approve, in the requester's language; it is never sent by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=150), _ONE_LINE]
    summary: Annotated[str, Field(min_length=1, max_length=1000), _CLEAN]
    category: Annotated[str, Field(min_length=1, max_length=40)]
    priority: Literal["low", "normal", "high", "urgent"]
    language: Annotated[str, Field(min_length=2, max_length=16), _ONE_LINE]
    confidence: Annotated[float, Field(ge=0, le=1)]
    question: Annotated[str, Field(max_length=500), _CLEAN] | None
    reply_draft: Annotated[str, Field(min_length=1, max_length=2500), _CLEAN]


class HandoverAnswer(BaseModel):
    """What whoever takes a ticket over must know; an agent edits it before anybody reads it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: Annotated[str, Field(min_length=1, max_length=2500), _CLEAN]
