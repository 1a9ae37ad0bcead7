"""The connection to Slack: opened, watched over, and closed when nothing waits for an answer."""

import asyncio
from datetime import timedelta

import aiohttp
import structlog
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.posting import permanent_code
from core.errors import ConfigurationError
from core.settings import Settings

log = structlog.get_logger(__name__)

# So long does Slack wait for an acknowledgement.
ACK = timedelta(seconds=3)
# How often it is looked whether the connection stands.
LOOK = timedelta(seconds=10)


class Socket(AsyncSocketModeHandler):
    """Bolt's handler, which knows what it has not acknowledged yet."""

    def __init__(self, app: AsyncApp, app_token: SecretStr, settings: Settings) -> None:
        super().__init__(app, app_token.get_secret_value())
        self._look = LOOK * settings.pace_scale
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_closing = False

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Have it answered; what comes while the desk closes is left for Slack to bring again."""
        if self._is_closing:
            return
        answering = asyncio.create_task(super().handle(client, req))
        self._under_way.add(answering)
        answering.add_done_callback(self._under_way.discard)
        await answering

    async def open(self, stop: asyncio.Event) -> None:
        """Connect, or give that up once ``stop`` is set.

        Raises:
            ConfigurationError: Slack does not take the app-level token.
        """
        # The SDK's own loop would try a wrong token for ever.
        await self._ask()
        connecting = asyncio.create_task(self.connect_async())  # type: ignore[no-untyped-call]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (connecting, stopping):
            task.cancel()
        await asyncio.gather(connecting, stopping, return_exceptions=True)

    async def is_connected(self) -> bool:
        """Whether Slack can reach the desk now."""
        return await self.client.is_connected()

    async def watch(self) -> None:
        """Look after the connection for ever; where it is lost, ask whether the token still holds.

        The SDK connects anew by itself, but with a token that was revoked it would try for ever.

        Raises:
            ConfigurationError: Slack takes the app-level token no more.
        """
        was_lost = False
        while True:
            await asyncio.sleep(self._look.total_seconds())
            is_lost = not await self.is_connected()
            if is_lost and was_lost:
                await self._ask()
            was_lost = is_lost

    async def _ask(self) -> None:
        try:
            await self.client.web_client.apps_connections_open(app_token=self.app_token)
        except SlackApiError as error:
            if code := permanent_code(error):
                raise ConfigurationError(
                    f"SLACK_APP_TOKEN is wrong: Slack answers {code} to it. It needs the scope "
                    "connections:write, and Socket Mode must be switched on in the app"
                ) from None
        except (aiohttp.ClientError, TimeoutError):
            pass  # the SDK tries again

    async def close(self) -> None:
        """Acknowledge what was done, then disconnect."""
        self._is_closing = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ACK.total_seconds())
        await self.close_async()  # type: ignore[no-untyped-call]
