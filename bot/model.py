"""The model that the settings name, and who asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from core.breaker import Breaker
from core.desk import Desk
from core.installation import Installation
from core.retry import Policy
from core.settings import ModelSettings
from core.summariser import Summariser
from core.triage_job import Triage
from core.triager import ModelTriager, OfflineTriager, Triagers
from core.worker import JobKind, Slot

if TYPE_CHECKING:
    from core.model import ModelClient

TRIAGE_ATTEMPTS = 3


@asynccontextmanager
async def model_client(settings: ModelSettings) -> AsyncIterator["ModelClient | None"]:
    """Connect to the model of the settings, if they name one."""
    if not settings.has_model:
        yield None
        return
    from core.model import ModelClient  # whose SDK is a fifth of all that is imported

    model = ModelClient(
        model=settings.openai_model,
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        timeout=settings.model_timeout,
        concurrency=settings.model_concurrency,
        prices=settings.model_prices,
        breaker=Breaker(),
    )
    try:
        yield model
    finally:
        await model.close()


def triagers(settings: ModelSettings, model: "ModelClient | None") -> Triagers:
    """Make who triages: the model, or the desk itself without one."""
    offline = OfflineTriager(settings.categories)
    if model is None:
        return Triagers(usual=offline, private=offline)
    asks = ModelTriager(model, settings.categories, masks=settings.mask_secrets)
    return Triagers(usual=asks, private=asks if may_read_private(settings, model) else offline)


def may_read_private(settings: ModelSettings, model: "ModelClient") -> bool:
    """Whether private text may be given to the model: to one on this machine, in any case."""
    return model.is_local or settings.private_to_model


def summariser(settings: ModelSettings, model: "ModelClient | None") -> Summariser | None:
    """Make who writes handover summaries, if there is a model."""
    if model is None:
        return None
    return Summariser(
        model, masks=settings.mask_secrets, reads_private=may_read_private(settings, model)
    )


def triage_kind(
    desk: Desk, installation: Installation, settings: ModelSettings, model: "ModelClient | None"
) -> JobKind:
    """Return how triages are done."""
    triage = Triage(
        desk,
        installation,
        triagers(settings, model),
        default_prompt=settings.prompt_version,
    )
    return JobKind(
        triage.handle,
        Policy(max_attempts=TRIAGE_ATTEMPTS),
        slot=Slot.MODEL,
        give_up=triage.give_up,
    )
