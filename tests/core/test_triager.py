"""What leaves for a model: bounded, and without secrets unless the model is on this machine."""

import pytest
from pydantic import SecretStr

from core.breaker import Breaker
from core.categories import DEFAULT_CATEGORIES
from core.model import ModelClient
from core.prices import Prices
from core.triager import TEXT_LIMIT, Brief, ModelTriager
from tests.fakes.openai_server import FakeOpenAI


def brief(text: str) -> Brief:
    return Brief(text=text, later=(), requester="Rita", prompt_name="triage", prompt_version="v1")


async def heard(text: str, monkeypatch: pytest.MonkeyPatch, *, is_local: bool) -> str:
    """Return what the server was told when that was asked."""
    async with FakeOpenAI() as server:
        client = ModelClient(
            model="m",
            api_key=SecretStr("k"),
            base_url=server.base_url,
            prices=Prices(),
            breaker=Breaker(),
        )
        monkeypatch.setattr(client, "is_local", is_local)
        triager = ModelTriager(client, DEFAULT_CATEGORIES, masks=True)
        reply = await triager.ask(brief(text), None)
        await client.close()
        assert reply.parsed is not None
        return str(server.asked[0].user)


async def test_a_long_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await heard("x" * 100_000, monkeypatch, is_local=False)
    assert TEXT_LIMIT - 10 < told.count("x") <= TEXT_LIMIT


async def test_a_secret_at_the_cut_is_masked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "xoxb-1234567890-abcdefghijklmnop"
    told = await heard("x " * (TEXT_LIMIT // 2 - 8) + key, monkeypatch, is_local=False)
    assert "xoxb-" not in told


@pytest.mark.parametrize("is_local", [True, False])
async def test_only_a_model_on_this_machine_sees_secrets(
    monkeypatch: pytest.MonkeyPatch, *, is_local: bool
) -> None:
    told = await heard("my password is hunter2", monkeypatch, is_local=is_local)
    assert ("hunter2" in told) is is_local
    assert "Rita" not in told
