"""Misbehaviour on demand, as the SDK's client sees it."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.faults import CallFault, Fault, Faults
from bot.sandbox.sample import GENERAL, HELP
from bot.sandbox.server import Sandbox


async def test_429_with_retry_after(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sandbox.faults.ratelimit("chat.postMessage", retry_after=30)

    with pytest.raises(SlackApiError) as limited:
        await web.chat_postMessage(channel=HELP, text="x")

    assert limited.value.response.headers["retry-after"] == "30"
    assert sandbox.workspace.messages(HELP) == []
    assert (await web.chat_postMessage(channel=HELP, text="x"))["ok"]


async def test_the_sdk_obeys_retry_after(sandbox: Sandbox) -> None:
    handler = AsyncRateLimitErrorRetryHandler(max_retry_count=1)
    web = AsyncWebClient(
        token=sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[handler]
    )
    sandbox.faults.ratelimit("chat.postMessage", retry_after=1)

    assert (await web.chat_postMessage(channel=HELP, text="x"))["ok"]
    assert len(sandbox.traffic.rate_limited) == 1


async def test_a_server_error(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sandbox.faults.fail("chat.postMessage", times=2, status=503)

    for _ in range(2):
        with pytest.raises(SlackApiError) as failed:
            await web.chat_postMessage(channel=HELP, text="x")
        assert failed.value.response.status_code == 503
    assert (await web.chat_postMessage(channel=HELP, text="x"))["ok"]
    assert len(sandbox.workspace.messages(HELP)) == 1


async def test_an_error_of_ones_choice(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sandbox.faults.error("chat.postMessage", "fatal_error")

    with pytest.raises(SlackApiError, match="fatal_error"):
        await web.chat_postMessage(channel=HELP, text="x")


async def test_a_post_whose_answer_is_dropped_is_posted(sandbox: Sandbox) -> None:
    web = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])
    sandbox.faults.drop_answer("chat.postMessage")

    with pytest.raises(aiohttp.ClientError):
        await web.chat_postMessage(channel=HELP, text="x")

    assert [message.text for message in sandbox.workspace.messages(HELP)] == ["x"]


async def test_a_post_whose_answer_never_comes_is_posted(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        web = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url, session=session)
        sandbox.faults.hang("chat.postMessage")

        with pytest.raises(asyncio.TimeoutError):
            await web.chat_postMessage(channel=HELP, text="x")

    assert [message.text for message in sandbox.workspace.messages(HELP)] == ["x"]
    assert sandbox.traffic.calls("chat.postMessage")[0].fault == CallFault.ANSWER_HANGS


async def test_a_slow_answer(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sandbox.faults.slow("auth.test", seconds=0.05)

    await web.auth_test()

    assert sandbox.traffic.calls("auth.test")[0].ms >= 50


async def test_a_revoked_token(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sandbox.faults.revoke_token()
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await web.auth_test()

    sandbox.faults.clear()
    assert (await web.auth_test())["ok"]


async def test_a_fault_strikes_its_method_only(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sandbox.faults.fail("chat.update", times=None)

    assert (await web.chat_postMessage(channel=GENERAL, text="x"))["ok"]


def test_a_rate_is_seeded() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(Fault(CallFault.SERVER_ERROR, times=None, rate=0.3))
        return [faults.strike_call("chat.update") is not None for _ in range(200)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 30 < sum(struck(1)) < 90


async def test_a_rule_is_taken_away_and_the_others_stay(
    sandbox: Sandbox, web: AsyncWebClient
) -> None:
    limited = Fault(CallFault.RATELIMITED, "chat.postMessage", times=None)
    sandbox.faults.add(limited)
    sandbox.faults.error("chat.update", "fatal_error")
    with pytest.raises(SlackApiError):
        await web.chat_postMessage(channel=HELP, text="x")

    sandbox.faults.remove(limited)

    assert (await web.chat_postMessage(channel=HELP, text="x"))["ok"]
    assert [rule.target for rule in sandbox.faults.rules] == ["chat.update"]
