"""Opening, updating, pushing and publishing views."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sample import ANA
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing

Connect = Callable[[AsyncApp], Awaitable[Any]]
Serve = Callable[..., Awaitable[Sandbox]]
Json = dict[str, Any]

MODAL: Json = {
    "type": "modal",
    "callback_id": "m",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "divider"}],
}
HOME: Json = {"type": "home", "blocks": [{"type": "divider"}]}


@pytest.fixture
async def trigger_id(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> str:
    """A fresh one, of Ana's."""
    found: list[str] = []

    @app.shortcut("new_ticket")
    async def note(ack: Any, body: Json) -> None:
        await ack()
        found.append(body["trigger_id"])

    await connect(app)
    await sandbox.people.global_shortcut(ANA, "new_ticket")
    return found[0]


async def test_a_trigger_opens_one_view(
    sandbox: Sandbox, web: AsyncWebClient, trigger_id: str
) -> None:
    opened = await web.views_open(trigger_id=trigger_id, view=MODAL)

    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await web.views_open(trigger_id=trigger_id, view=MODAL)
    assert sandbox.workspace.views.top(ANA) == sandbox.workspace.views.find(opened["view"]["id"])


async def test_a_trigger_dies(serve: Serve) -> None:
    sandbox = await serve(timing=Timing(ack=0.01, trigger=0.0))
    web = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    await sandbox.people.slash(ANA, "C0HELP00001", "/ticket")
    trigger_id = sandbox.traffic.deliveries("/ticket")[0].payload["trigger_id"]

    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await web.views_open(trigger_id=trigger_id, view=MODAL)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await web.views_open(trigger_id="made.up", view=MODAL)


async def test_a_stale_hash_conflicts(web: AsyncWebClient, trigger_id: str) -> None:
    view = (await web.views_open(trigger_id=trigger_id, view=MODAL))["view"]
    await web.views_update(view_id=view["id"], view=MODAL, hash=view["hash"])

    with pytest.raises(SlackApiError, match="hash_conflict"):
        await web.views_update(view_id=view["id"], view=MODAL, hash=view["hash"])


async def test_a_view_is_found_by_its_external_id(web: AsyncWebClient, trigger_id: str) -> None:
    await web.views_open(trigger_id=trigger_id, view={**MODAL, "external_id": "ticket-42"})

    updated = await web.views_update(external_id="ticket-42", view=MODAL)

    assert updated["view"]["external_id"] == ""


async def test_push_needs_an_open_modal(web: AsyncWebClient, trigger_id: str) -> None:
    with pytest.raises(SlackApiError, match="not_found"):
        await web.views_push(trigger_id=trigger_id, view=MODAL)


async def test_the_stack_holds_three_views(
    sandbox: Sandbox, app: AsyncApp, web: AsyncWebClient, trigger_id: str
) -> None:
    button = {
        "type": "button",
        "action_id": "deeper",
        "text": {"type": "plain_text", "text": "Deeper"},
    }
    view = {**MODAL, "blocks": [{"type": "actions", "elements": [button]}]}
    errors: list[str] = []

    @app.action("deeper")
    async def push(ack: Any, body: Json) -> None:
        await ack()
        try:
            await web.views_push(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as refused:
            errors.append(refused.response["error"])

    await web.views_open(trigger_id=trigger_id, view=view)
    for _ in range(3):
        top = sandbox.workspace.views.top(ANA)
        assert top
        await sandbox.people.click_in_view(ANA, top.id, "deeper")

    assert errors == ["push_limit_reached"]
    assert len(sandbox.workspace.views.stack(ANA)) == 3


async def test_a_home_keeps_its_id_and_changes_its_hash(web: AsyncWebClient) -> None:
    first = (await web.views_publish(user_id=ANA, view=HOME))["view"]
    second = (await web.views_publish(user_id=ANA, view=HOME, hash=first["hash"]))["view"]

    assert first["id"] == second["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await web.views_publish(user_id=ANA, view=HOME, hash=first["hash"])


async def test_a_home_needs_its_tab(serve: Serve) -> None:
    sandbox = await serve(manifest={})
    web = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)

    with pytest.raises(SlackApiError, match="not_enabled"):
        await web.views_publish(user_id=ANA, view=HOME)
