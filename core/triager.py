"""Who triages: a model, or the desk itself where there is none."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from core import offline
from core.answer import TriageAnswer
from core.categories import Category
from core.masking import mask
from core.model_reply import ModelReply, Outcome, Repair
from core.prompts import load, new_marker, render_categories, user_message
from core.text import clip
from storage.tables import Role

if TYPE_CHECKING:
    from core.model import ModelClient

# What a model gets to read, in characters.
TEXT_LIMIT = 24_000


@dataclass(frozen=True)
class Brief:
    """What a triage is told: the conversation, and which prompt to use.

    ``text`` is the request, ``later`` what was said after it, each with the role of who said it.
    ``requester`` is a name for the draft's greeting; it never leaves this machine.
    """

    text: str
    later: tuple[tuple[str, str], ...]
    requester: str
    prompt_name: str
    prompt_version: str

    @property
    def transcript(self) -> str:
        """All that was said, with who said it."""
        return "\n\n".join([self.text, *(f"{role}: {text}" for role, text in self.later)])

    @property
    def words(self) -> str:
        """What the requester said, in nothing but their own words."""
        own = (text for role, text in self.later if role == Role.REQUESTER)
        return "\n\n".join([self.text, *own])


class Triager(Protocol):
    """Answers a brief. Never raises for what a model does: the reply's outcome says it."""

    @property
    def name(self) -> str:
        """The model, as the ledger and the card name it."""
        ...

    async def ask(self, brief: Brief, repair: Repair | None) -> ModelReply[TriageAnswer]:
        """Ask once."""
        ...


async def outgoing(text: str, client: "ModelClient", *, masks: bool) -> str:
    """Return what that model gets to read of the text: bounded, and masked if it leaves here."""
    # Masked before it is cut: half a key would not be known as one.
    text = clip(text, 2 * TEXT_LIMIT)
    if masks and not client.is_local:
        text = await asyncio.to_thread(mask, text)
    return clip(text, TEXT_LIMIT)


class ModelTriager:
    """Asks a model. Secrets are masked in what leaves this machine if ``masks`` is set."""

    def __init__(
        self, client: "ModelClient", categories: Sequence[Category], *, masks: bool
    ) -> None:
        self.name = client.name
        self._client = client
        self._categories = categories
        self._masks = masks

    async def ask(self, brief: Brief, repair: Repair | None) -> ModelReply[TriageAnswer]:
        """Ask the model once."""
        text = await outgoing(brief.transcript, self._client, masks=self._masks)
        marker = new_marker()
        prompt = load(brief.prompt_name, brief.prompt_version)
        return await self._client.ask(
            system=prompt.render(categories=render_categories(self._categories), marker=marker),
            user=user_message(text, marker),
            output=TriageAnswer,
            repair=repair,
            check=self._known_category,
        )

    def _known_category(self, answer: TriageAnswer) -> str | None:
        keys = [category.key for category in self._categories]
        if answer.category in keys:
            return None
        return f"category: {answer.category!r} is none of {', '.join(keys)}"


class OfflineTriager:
    """Reads the text itself: no network, no key, and the card says so."""

    name = "offline"

    def __init__(self, categories: Sequence[Category]) -> None:
        self._categories = categories

    async def ask(self, brief: Brief, repair: Repair | None) -> ModelReply[TriageAnswer]:
        """Triage by wording alone."""
        started = time.monotonic()
        answer = await asyncio.to_thread(
            offline.triage,
            brief.words,
            categories=self._categories,
            requester_name=brief.requester or None,
        )
        return ModelReply(
            outcome=Outcome.ANSWERED,
            model=self.name,
            parsed=answer,
            text=answer.model_dump_json(),
            latency_ms=round((time.monotonic() - started) * 1000),
            cost=Decimal(0),
        )


@dataclass(frozen=True)
class Triagers:
    """Who triages which ticket: ``private`` is for those whose text must not leave this machine."""

    usual: Triager
    private: Triager

    def choose(self, *, private: bool) -> Triager:
        """Return who triages such a ticket."""
        return self.private if private else self.usual
