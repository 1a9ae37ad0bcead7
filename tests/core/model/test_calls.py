"""Calls of a model: how long, how many at once, to whom, and when none is made."""

import asyncio
import logging
import sys
import time

import pytest

from core.breaker import Breaker
from core.model import ModelClient, ModelReply, Outcome
from tests.core.model.conftest import KEY, ask, client_of
from tests.fakes import openai_behaviours as model
from tests.fakes import openai_failures as failing
from tests.fakes.openai_behaviours import Behaviour
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(failing.Hang(), id="hangs"),
        pytest.param(failing.trickle(), id="trickles"),
        pytest.param(failing.slow(30), id="slow"),
    ],
)
async def test_the_timeout_bounds_the_whole_call(server: FakeOpenAI, behaviour: Behaviour) -> None:
    server.will(behaviour)
    async with client_of(server.base_url, timeout=0.15) as client:
        reply = await ask(client)
    assert reply.outcome is Outcome.TIMEOUT
    assert reply.error == "no answer within 0.15 s"
    assert 150 <= reply.latency_ms < 5000


async def test_a_call_does_not_load_all_that_the_sdk_can_do(server: FakeOpenAI) -> None:
    """It would take 15 MB, and half a second in which nothing else runs."""
    async with client_of(server.base_url) as client:
        assert (await ask(client)).outcome is Outcome.ANSWERED
    assert "openai.resources" not in sys.modules


async def test_nobody_listens() -> None:
    async with FakeOpenAI() as gone:
        pass
    async with client_of(gone.base_url) as client:
        reply = await ask(client)
    assert reply.outcome is Outcome.UNAVAILABLE
    assert "ConnectError" in (reply.error or "")


async def test_at_most_so_many_at_once(server: FakeOpenAI) -> None:
    server.default = failing.slow(0.03)
    async with client_of(server.base_url, concurrency=3) as client:
        started = time.monotonic()
        replies = await asyncio.gather(*(ask(client) for _ in range(9)))
        elapsed_ms = (time.monotonic() - started) * 1000
    assert server.peak == 3
    assert {reply.outcome for reply in replies} == {Outcome.ANSWERED}
    asking_ms = sum(reply.latency_ms for reply in replies)
    assert 9 * 30 <= asking_ms <= 3 * elapsed_ms + 9, "the wait for a free slot is not counted"


class TestBreaker:
    """The client and its breaker."""

    @pytest.mark.parametrize(
        "behaviour",
        [failing.fails(500, "boom"), failing.rate_limited(None), failing.drop()],
        ids=["500", "429", "drop"],
    )
    async def test_nothing_is_sent_while_it_is_open(
        self, server: FakeOpenAI, behaviour: Behaviour
    ) -> None:
        server.will(behaviour, behaviour)
        breaker = Breaker(threshold=2, clock=lambda: 0)
        async with client_of(server.base_url, breaker=breaker) as client:
            await ask(client)
            await ask(client)
            reply = await ask(client)
        assert reply == ModelReply(
            outcome=Outcome.UNAVAILABLE,
            model="small",
            error="not asked: the model has been failing, next try in 10 s",
            retry_after=10,
            sent=False,
        )
        assert len(server.asked) == 2

    @pytest.mark.parametrize(
        "behaviour",
        [failing.wrong_key(), failing.insufficient_quota(), model.prose(), model.nothing()],
        ids=["401", "quota", "prose", "nothing"],
    )
    async def test_an_answer_of_any_kind_keeps_it_closed(
        self, server: FakeOpenAI, behaviour: Behaviour
    ) -> None:
        server.default = behaviour
        async with client_of(server.base_url, breaker=Breaker(threshold=1)) as client:
            replies = [await ask(client) for _ in range(3)]
        assert all(reply.sent for reply in replies)

    async def test_nobody_asks_sooner_than_the_server_said(self, server: FakeOpenAI) -> None:
        """Whatever they ask: a limit is on all calls."""
        server.will(failing.rate_limited("7"))
        now = 0.0
        async with client_of(server.base_url, breaker=Breaker(clock=lambda: now)) as client:
            assert (await ask(client)).retry_after == 7
            now = 6.5
            reply = await ask(client)
            assert (reply.sent, reply.retry_after) == (False, 0.5)
            now = 7.0
            assert (await ask(client)).outcome is Outcome.ANSWERED
        assert len(server.asked) == 2

    async def test_a_cancelled_probe_gives_its_place_back(self, server: FakeOpenAI) -> None:
        hang = failing.Hang()
        server.will(failing.fails(500, "boom"), hang)
        breaker = Breaker(threshold=1, cooldown=0)
        async with client_of(server.base_url, breaker=breaker) as client:
            await ask(client)
            probe = asyncio.create_task(ask(client))
            await hang.reached.wait()
            assert not (await ask(client)).sent
            probe.cancel()
            with pytest.raises(asyncio.CancelledError):
                await probe
            assert (await ask(client)).outcome is Outcome.ANSWERED


async def test_the_key_is_nowhere_to_be_read(
    server: FakeOpenAI, client: ModelClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will(failing.wrong_key(), failing.fails(500, f"boom {KEY}"), failing.drop())
    replies = [await ask(client) for _ in range(4)]

    assert replies[-1].outcome is Outcome.ANSWERED
    assert caplog.records
    assert KEY not in repr(replies)
    assert KEY not in caplog.text
    assert KEY not in repr(vars(client)["_client"])


async def test_without_a_key_a_dummy_is_sent(server: FakeOpenAI) -> None:
    async with client_of(server.base_url, api_key=None) as client:
        assert (await ask(client)).outcome is Outcome.ANSWERED
    assert server.asked[0].headers["authorization"] == "Bearer none"


@pytest.mark.parametrize("ending", ["", "/"])
async def test_a_trailing_slash_does_not_matter(server: FakeOpenAI, ending: str) -> None:
    async with client_of(server.base_url + ending) as client:
        assert (await ask(client)).outcome is Outcome.ANSWERED


async def test_no_proxy_for_this_machine(
    server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with client_of(server.base_url) as client:
        assert (await ask(client)).outcome is Outcome.ANSWERED


async def test_no_redirection_away_from_this_machine(
    server: FakeOpenAI, client: ModelClient
) -> None:
    async with FakeOpenAI() as elsewhere:
        server.will(failing.redirects(elsewhere.base_url + "/chat/completions"))
        reply = await ask(client)
    assert reply.outcome is Outcome.REJECTED
    assert not elsewhere.asked


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("http://localhost:11434/v1", True),
        ("http://LOCALHOST/v1", True),
        ("http://127.0.0.1:8080/v1/", True),
        ("http://127.8.9.10/v1", True),
        ("http://[::1]:8080/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://192.168.1.5:11434/v1", False),
        ("http://localhost.example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://127.0.0.1@example.com/v1", False),
        (None, False),
    ],
)
async def test_is_local(base_url: str | None, local: bool) -> None:
    async with client_of(base_url) as client:
        assert client.is_local is local
