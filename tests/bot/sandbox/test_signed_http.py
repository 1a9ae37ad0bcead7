"""Deliveries over HTTP to Bolt's own aiohttp server, signatures checked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web as http
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sample import ANA, HELP
from bot.sandbox.server import Sandbox

Serve = Callable[..., Awaitable[Sandbox]]
Json = dict[str, Any]
SECRET = "shared-by-both-sides"


class Receiver:
    """A Bolt app behind an HTTP route; notes the headers of what arrives."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.answers: list[http.Response] = []
        self.url = ""
        self.app: AsyncApp | None = None

    async def receive(self, request: http.Request) -> http.StreamResponse:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.answers:
            return self.answers.pop(0)
        assert self.app
        answer = await self.app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    application = http.Application()
    application.router.add_post("/slack/events", receiver.receive)
    runner = http.AppRunner(application)
    await runner.setup()
    site = http.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def sandbox(serve: Serve, receiver: Receiver) -> Sandbox:
    sandbox = await serve(request_url=receiver.url, signing_secret=SECRET)
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    receiver.app = AsyncApp(client=client, signing_secret=SECRET, process_before_response=True)
    return sandbox


def bolt(receiver: Receiver) -> AsyncApp:
    assert receiver.app
    return receiver.app


async def test_bolt_accepts_the_signature(sandbox: Sandbox, receiver: Receiver) -> None:
    heard: list[str] = []

    @bolt(receiver).event("message")
    async def note(event: Json) -> None:
        heard.append(event["text"])

    outcome = await sandbox.people.post(ANA, HELP, "hello")

    assert outcome.acked
    assert heard == ["hello"]
    assert "x-slack-retry-num" not in receiver.headers[0]


async def test_bolt_refuses_another_secret(serve: Serve, receiver: Receiver) -> None:
    sandbox = await serve(request_url=receiver.url, signing_secret="another")
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    receiver.app = AsyncApp(client=client, signing_secret=SECRET)

    outcome = await sandbox.people.post(ANA, HELP, "hello")

    assert outcome.ack
    assert outcome.ack.status == "refused"


async def test_the_request_url_is_verified(sandbox: Sandbox, receiver: Receiver) -> None:
    assert sandbox.http
    assert await sandbox.http.verify_url()

    receiver.answers.append(http.Response(text="hello"))
    assert not await sandbox.http.verify_url()


async def test_a_failure_is_delivered_again_with_its_reason(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    @bolt(receiver).event("message")
    async def ignore() -> None:
        return

    receiver.answers += [http.Response(status=500), http.Response(status=404)]
    outcome = await sandbox.people.post(ANA, HELP, "hello")

    await sandbox.until(lambda: sandbox.delivery.under_way == 0)
    assert outcome.ack
    assert outcome.ack.status == "refused"
    retries = [
        (h.get("x-slack-retry-num"), h.get("x-slack-retry-reason")) for h in receiver.headers
    ]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_a_bot_can_decline_redelivery(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers.append(http.Response(status=500, headers={"x-slack-no-retry": "1"}))

    await sandbox.people.post(ANA, HELP, "hello")

    await sandbox.until(lambda: sandbox.delivery.under_way == 0)
    assert len(receiver.headers) == 1


async def test_a_command_is_a_form_and_answered_in_place(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    @bolt(receiver).command("/ticket")
    async def answer(ack: Any, command: Json) -> None:
        await ack(response_type="in_channel", text=f"Got {command['text']}")

    outcome = await sandbox.people.slash(ANA, HELP, "/ticket", "a & b")

    assert outcome.payload["response_type"] == "in_channel"
    (message,) = sandbox.workspace.messages(HELP)
    assert (message.text, message.ephemeral_to) == ("Got a &amp; b", None)


async def test_a_failed_command_is_not_delivered_again(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers.append(http.Response(status=500))

    outcome = await sandbox.people.slash(ANA, HELP, "/ticket", "x")

    assert outcome.error == "http_client_error"
    assert len(receiver.headers) == 1


async def test_an_interaction_is_a_form_with_a_payload(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    bodies: list[Json] = []

    @bolt(receiver).shortcut("new_ticket")
    async def note(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    assert (await sandbox.people.global_shortcut(ANA, "new_ticket")).acked
    assert bodies[0]["user"]["id"] == ANA


async def test_a_bot_that_is_down_is_unreachable(serve: Serve) -> None:
    sandbox = await serve(request_url="http://127.0.0.1:9/slack/events")

    outcome = await sandbox.people.slash(ANA, HELP, "/ticket", "x")

    assert outcome.error == "dispatch_failed"
