"""Socket Mode: the bot's WebSocket connections, each payload to one of them."""

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field
from time import perf_counter
from weakref import WeakSet

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot.sandbox.changes import Changes
from bot.sandbox.delivery import Ack, Attempt
from bot.sandbox.line import Line, kind_of_line
from bot.sandbox.records import Json

# https://docs.slack.dev/apis/events-api/using-socket-mode#connections
CONNECTION_LIMIT = 10
_GOING_AWAY = 1001
_POLICY_VIOLATION = 1008


@dataclass(eq=False)
class _Connection:
    socket: WebSocket
    pending: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    is_silent: bool = False

    async def send(self, body: Json) -> bool:
        """False when the bot is gone."""
        if self.is_silent:
            return True  # as far as anybody can see
        if self.socket.application_state is not WebSocketState.CONNECTED:
            return False
        try:
            await self.socket.send_text(json.dumps(body))
        except (WebSocketDisconnect, RuntimeError):  # Starlette's words for a closed socket
            return False
        return True

    def abandon(self) -> None:
        for future in self.pending.values():
            future.cancel()
        self.pending.clear()


class SocketHub:
    """The server's end of Socket Mode; says on `changes` when a bot comes or goes.

    https://docs.slack.dev/apis/events-api/using-socket-mode
    """

    def __init__(self, app_id: str) -> None:
        self.changes: Changes[None] = Changes()
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = 0
        self._refused = 0
        self._lines: WeakSet[Line] = WeakSet()
        self.kind_of_line = kind_of_line(self._lines)

    def issue_ticket(self) -> str:
        """What makes a WebSocket URL good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    @property
    def connected(self) -> int:
        """How many connections the bot has open."""
        return len(self._connections)

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from hello to goodbye."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(_POLICY_VIOLATION)
            return
        self._tickets.remove(ticket)
        if self._refused:
            self._refused -= 1
            await socket.close(_POLICY_VIOLATION)
            return
        await socket.accept()
        connection = _Connection(socket)
        if self.connected >= CONNECTION_LIMIT:
            await connection.send({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close(_GOING_AWAY)
            return
        self._connections.append(connection)
        self.changes.publish(None)
        try:
            await connection.send(self._hello())
            await self._listen(connection)
        finally:
            self._forget(connection)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connected,
            "connection_info": {"app_id": self._app_id},
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
        }

    async def _listen(self, connection: _Connection) -> None:
        async for text in connection.socket.iter_text():
            answer = json.loads(text)
            future = connection.pending.pop(answer.get("envelope_id", ""), None)
            if future and not future.done():
                future.set_result(answer.get("payload"))

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self.changes.publish(None)
        connection.abandon()

    async def send(self, attempt: Attempt, timeout: float) -> Ack:  # noqa: ASYNC109 - see Transport
        """Give the payload to the connection whose turn it is."""
        started = perf_counter()
        if not self._connections:
            return Ack("unreachable", 0.0)
        self._turn += 1
        connection = self._connections[self._turn % len(self._connections)]
        envelope_id = str(uuid.uuid4())
        future: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.pending[envelope_id] = future
        if not await connection.send(_envelope(envelope_id, attempt)):
            self._forget(connection)
            return Ack("unreachable", _ms_since(started))
        # `wait` and not `wait_for`: a future cancelled by a broken connection is no timeout.
        await asyncio.wait({future}, timeout=timeout)
        connection.pending.pop(envelope_id, None)
        if not future.done():
            return Ack("timeout", _ms_since(started))
        if future.cancelled():
            return Ack("unreachable", _ms_since(started))
        return Ack("acked", _ms_since(started), future.result())

    def retry_reason(self, ack: Ack) -> str:
        return "timeout" if ack.status == "timeout" else "connection_failed"

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the bot to connect anew (`warning`, `refresh_requested`, `link_disabled`)."""
        body = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
        for connection in tuple(self._connections):
            await connection.send(body)

    def fall_silent(self, *, answering_pings: bool = False) -> None:
        """Bring nothing over the connections that stand, and take nothing from them.

        None of them is closed. A bot may notice it by pings that are not answered, unless they are.
        """
        for connection in self._connections:
            connection.is_silent = True
        if not answering_pings:
            for line in self._lines:
                line.cut()

    def refuse(self, times: int = 1) -> None:
        """Let the next attempts to connect fail; each of them uses its address up."""
        self._refused = times

    async def drop(self) -> None:
        """Close every connection without a warning."""
        for connection in tuple(self._connections):
            self._forget(connection)
            if connection.socket.application_state is WebSocketState.CONNECTED:
                await connection.socket.close(_GOING_AWAY)


def _envelope(envelope_id: str, attempt: Attempt) -> Json:
    body: Json = {
        "envelope_id": envelope_id,
        "payload": attempt.payload,
        "type": attempt.type,
        "accepts_response_payload": attempt.type != "events_api",
    }
    if attempt.type == "events_api":
        body |= {"retry_attempt": attempt.retry, "retry_reason": attempt.reason}
    return body


def _ms_since(started: float) -> float:
    return (perf_counter() - started) * 1_000
