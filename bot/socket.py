"""The connection to Slack: opened, watched over, and closed when nothing waits for an answer."""

import asyncio
from contextlib import suppress
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
# How often Slack is pinged; where nothing comes back, the SDK connects anew.
PING = timedelta(seconds=10)
# How often it is looked whether the connection stands.
LOOK = timedelta(seconds=10)
# How long a connection may take to stand, be it that the SDK makes it or that we do.
CONNECTING = timedelta(seconds=30)
# A connection may answer pings and bring nothing. Slack brings an event for the last time five
# minutes after the first, so within that time another connection must be there to take it.
QUIET = timedelta(minutes=4)


class Socket(AsyncSocketModeHandler):
    """Bolt's handler, which knows what it has not acknowledged yet, and whether it is of use.

    The SDK connects anew by itself where a connection is closed or answers no ping. It gives up
    neither an address that Slack takes no more, though each is good for one connection soon after
    it was given out, nor a connection that brings nothing. There another client takes its place.
    """

    def __init__(self, app: AsyncApp, app_token: SecretStr, settings: Settings) -> None:
        super().__init__(app, app_token.get_secret_value(), ping_interval=PING.total_seconds())
        self._look = (LOOK * settings.pace_scale).total_seconds()
        self._under_way: set[asyncio.Task[None]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._listen_to(self.client)

    def _listen_to(self, client: SocketModeClient) -> None:
        self._heard_at = _now()
        client.on_message_listeners.append(self._heard)

    async def _heard(self, _message: aiohttp.WSMessage) -> None:
        self._heard_at = _now()

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
        connecting = asyncio.create_task(self._connect())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (connecting, stopping):
            task.cancel()
        await asyncio.gather(connecting, stopping, return_exceptions=True)

    async def _connect(self) -> None:
        while not await self._is_in_time(self.client):
            log.warning("no connection to Slack yet; trying with another one")
            self._retire(self._take(self._new_client()))

    async def _is_in_time(self, client: SocketModeClient) -> bool:
        """Connect; say whether that was done while the address may be good."""
        try:
            async with asyncio.timeout(CONNECTING.total_seconds()):
                await client.connect()  # type: ignore[no-untyped-call]
        except TimeoutError:
            return False
        return True

    async def is_connected(self) -> bool:
        """Whether Slack can reach the desk now."""
        return await self.client.is_connected()

    async def watch(self) -> None:
        """Look after the connection for ever; where it is lost, ask whether the token still holds.

        Raises:
            ConfigurationError: Slack takes the app-level token no more.
        """
        lost_at: float | None = None
        while True:
            await asyncio.sleep(self._look)
            if await self.is_connected():
                lost_at = None
                if _now() - self._heard_at > QUIET.total_seconds():
                    await self._renew()
            elif lost_at is None:
                lost_at = _now()
            else:
                await self._ask()
                if _now() - lost_at > CONNECTING.total_seconds():
                    log.warning("Slack cannot be reached; trying with another connection")
                    await self._renew()
                    lost_at = _now()

    async def _renew(self) -> None:
        """Let another connection take this one's place, which stays until the other one stands."""
        spare = self._new_client()
        try:
            if await self._is_in_time(spare):
                spare = self._take(spare)
        finally:
            self._retire(spare)

    def _new_client(self) -> SocketModeClient:
        client = SocketModeClient(
            app_token=self.app_token,
            logger=self.app.logger,
            web_client=self.app.client,
            ping_interval=PING.total_seconds(),
        )
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]
        return client

    def _take(self, client: SocketModeClient) -> SocketModeClient:
        """Use that one from now on; return the one that was used."""
        old, self.client = self.client, client
        self._listen_to(client)
        return old

    def _retire(self, client: SocketModeClient) -> None:
        retiring = asyncio.create_task(self._close(client))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)

    async def _close(self, client: SocketModeClient) -> None:
        """Close it, once what it brought is acknowledged."""
        await self._answered()
        try:
            await client.close()  # type: ignore[no-untyped-call]
        except (OSError, aiohttp.ClientError) as error:
            log.info("an old connection could not be closed in order", error=type(error).__name__)

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

    async def _answered(self) -> None:
        """Wait until nothing is under way that Slack still waits for."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ACK.total_seconds())

    async def close(self) -> None:
        """Acknowledge what was done, then disconnect."""
        self._is_closing = True
        await self._answered()
        # The other side may not answer any more, and what is left ends with the process.
        with suppress(TimeoutError):
            async with asyncio.timeout(ACK.total_seconds()):
                if self._retiring:
                    await asyncio.wait(self._retiring)
                await self.close_async()  # type: ignore[no-untyped-call]


def _now() -> float:
    return asyncio.get_running_loop().time()
