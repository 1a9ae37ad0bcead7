"""Answers to interactions by response_url."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.sample import ANA, HELP
from bot.sandbox.server import Sandbox

Connect = Callable[[AsyncApp], Awaitable[Any]]
Json = dict[str, Any]

BUTTON: Json = {
    "type": "button",
    "action_id": "go",
    "text": {"type": "plain_text", "text": "Go"},
}


@pytest.fixture
async def command_url(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> AsyncWebhookClient:
    """The response_url of a command that Ana called in #help."""

    @app.command("/ticket")
    async def take(ack: Any) -> None:
        await ack()

    await connect(app)
    await sandbox.people.slash(ANA, HELP, "/ticket")
    return AsyncWebhookClient(sandbox.traffic.deliveries("/ticket")[0].payload["response_url"])


async def test_an_answer_is_ephemeral_unless_it_says_in_channel(
    sandbox: Sandbox, command_url: AsyncWebhookClient
) -> None:
    await command_url.send(text="only you")
    await command_url.send(text="everybody", response_type="in_channel")

    only, everybody = sandbox.workspace.messages(HELP)
    assert (only.text, only.ephemeral_to) == ("only you", ANA)
    assert (everybody.text, everybody.ephemeral_to) == ("everybody", None)


async def test_five_answers_and_no_more(sandbox: Sandbox, command_url: AsyncWebhookClient) -> None:
    answers = [await command_url.send(text=str(number)) for number in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body
    assert len(sandbox.workspace.messages(HELP)) == 5


async def test_an_unknown_url(sandbox: Sandbox) -> None:
    answer = await AsyncWebhookClient(f"{sandbox.url}/response/unknown").send(text="x")

    assert answer.status_code == 404


async def test_blocks_are_checked(command_url: AsyncWebhookClient) -> None:
    answer = await command_url.send(text="x", blocks=[{"type": "nonsense"}])

    assert "invalid_blocks" in answer.body


async def test_the_clicked_message_is_replaced_and_deleted(
    sandbox: Sandbox, app: AsyncApp, web: AsyncWebClient, connect: Connect
) -> None:
    @app.event("message")
    async def ignore() -> None:
        return

    @app.action("go")
    async def go(ack: Any) -> None:
        await ack()

    await connect(app)
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    posted = await web.chat_postMessage(channel=HELP, text="Go?", blocks=blocks)
    await sandbox.people.click(ANA, HELP, posted["ts"], "go")
    clicked = sandbox.traffic.deliveries("block_actions")[0].payload
    answers = AsyncWebhookClient(clicked["response_url"])

    await answers.send(text="Gone", replace_original=True)
    assert sandbox.workspace.message(HELP, posted["ts"]).text == "Gone"
    await answers.send(delete_original=True)
    assert sandbox.workspace.messages(HELP) == []
