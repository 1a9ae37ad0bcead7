"""A served sandbox, a Web API client and Bolt apps connected to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sample import acme
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
Serve = Callable[..., Awaitable[Sandbox]]

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Ticketloop"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {"command": "/ticket", "description": "Open a ticket", "should_escape": True},
            {"command": "/plain", "description": "Without escaping"},
        ],
        "shortcuts": [
            {"name": "Make a ticket", "type": "message", "callback_id": "make_ticket"},
            {"name": "New ticket", "type": "global", "callback_id": "new_ticket"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read",
                "channels:history",
                "channels:join",
                "channels:read",
                "chat:write",
                "commands",
                "files:read",
                "files:write",
                "groups:history",
                "groups:read",
                "im:history",
                "im:read",
                "im:write",
                "reactions:read",
                "reactions:write",
                "usergroups:read",
                "users:read",
            ]
        }
    },
    "settings": {
        "socket_mode_enabled": True,
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {
            "bot_events": [
                "app_home_opened",
                "app_mention",
                "member_joined_channel",
                "member_left_channel",
                "message.channels",
                "message.groups",
                "message.im",
                "reaction_added",
                "subteam_members_changed",
            ]
        },
    },
}

# Short enough for tests, long enough for two busy cores.
TIMING = Timing(
    ack=0.5,
    redeliveries=(0.0, 0.02, 0.04),
    trigger=3.0,
    response_url=60.0,
    rate_window=60.0,
    post_interval=0.0,
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve a sandbox with the demo workspace; keyword arguments are those of Sandbox."""
    async with AsyncExitStack() as stack:

        async def serve(**options: Any) -> Sandbox:
            sandbox = Sandbox(
                **{"manifest": MANIFEST, "workspace": acme(), "timing": TIMING, **options}
            )
            return await stack.enter_async_context(sandbox.serve())

        yield serve


@pytest.fixture
async def sandbox(serve: Serve) -> Sandbox:
    return await serve()


@pytest.fixture
def web(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)


@pytest.fixture
def app(web: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=web, process_before_response=True)


@pytest.fixture
async def connect(sandbox: Sandbox) -> AsyncIterator[Connect]:
    """Connect a Bolt app to the sandbox over Socket Mode."""
    async with AsyncExitStack() as stack:

        async def connect(app: AsyncApp) -> AsyncSocketModeHandler:
            expected = sandbox.sockets.connected + 1
            handler = AsyncSocketModeHandler(app, sandbox.app_token, ping_interval=0.1)
            stack.push_async_callback(handler.close_async)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            await sandbox.until(lambda: sandbox.sockets.connected == expected)
            return handler

        yield connect
