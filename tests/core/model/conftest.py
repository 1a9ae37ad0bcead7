"""A model server that is asked for many tests, and its client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from core.answer import TriageAnswer
from core.breaker import Breaker
from core.model import ModelClient, ModelReply
from core.prices import Prices
from tests.fakes.openai_server import FakeOpenAI

KEY = "sk-test-7d1c0ffee"
PRICES = Prices.model_validate({"small": {"input": 2.5, "output": 10, "cached": 1.25}})
CATEGORIES = {"access", "hardware", "other"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def server(one_server: FakeOpenAI) -> FakeOpenAI:
    one_server.forget()
    return one_server


@asynccontextmanager
async def client_of(base_url: str | None, **changes: Any) -> AsyncIterator[ModelClient]:
    settings: dict[str, Any] = {
        "model": "small",
        "api_key": SecretStr(KEY),
        "base_url": base_url,
        "timeout": 5.0,
        "prices": PRICES,
        "breaker": Breaker(),
    }
    client = ModelClient(**{**settings, **changes})
    try:
        yield client
    finally:
        await client.close()


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: FakeOpenAI) -> AsyncIterator[ModelClient]:
    async with client_of(server.base_url) as client:
        yield client


def known_category(answer: TriageAnswer) -> str | None:
    return None if answer.category in CATEGORIES else f"no category {answer.category}"


async def ask(client: ModelClient, **more: Any) -> ModelReply[TriageAnswer]:
    return await client.ask(
        system="Triage.", user="My laptop is broken", output=TriageAnswer, **more
    )


VALID = {
    "title": "Laptop",
    "summary": "It is broken.",
    "category": "hardware",
    "priority": "low",
    "language": "en",
    "confidence": 0.5,
    "question": None,
    "reply_draft": "We bring a new one.",
}
