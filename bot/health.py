"""Whether the desk is alive, and whether it is at work: ``/health`` and ``/ready``."""

import asyncio
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.socket import Socket
from core.desk import Desk
from core.settings import Settings
from storage import schema
from storage.repositories import watching
from storage.tables import utcnow

# How long the database may take for its answer.
PATIENCE = timedelta(seconds=2)


class Readiness:
    """Looks at what the desk cannot work without.

    ``queue_age`` is for how many seconds the job waits that could have been begun longest, None if
    the database does not say. It is told, and decides nothing: a queue that is late gets no earlier
    by a restart, nor by a proxy that leaves this process out.
    """

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        *,
        worker: asyncio.Task[None] | None,
        socket: Socket | None,
    ) -> None:
        self._desk = desk
        self._role = settings.role
        self._worker = worker
        self._socket = socket
        self._asking: asyncio.Task[tuple[str, int | None]] | None = None
        self.queue_age: int | None = None

    async def look(self) -> dict[str, str]:
        """Return what is found of each part of this process; ``ok`` is good."""
        found = {"database": await self._database()}
        if self._role.takes_events:
            found["slack"] = await self._slack()
        if self._worker is not None:
            found["worker"] = "stopped" if self._worker.done() else "ok"
        return found

    async def _slack(self) -> str:
        """Over HTTP it is Slack that comes, so whoever can ask us finds us reachable."""
        is_connected = self._socket is None or await self._socket.is_connected()
        return "ok" if is_connected else "not connected"

    async def _database(self) -> str:
        """Ask it, but never twice at once: who asks us may be anybody, and it may be stuck."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait({self._asking}, timeout=PATIENCE.total_seconds())
        state, self.queue_age = (
            self._asking.result() if self._asking.done() else ("does not answer", None)
        )
        return state

    async def _ask(self) -> tuple[str, int | None]:
        try:
            return await self._desk.read(_state)
        except SQLAlchemyError:
            return "does not answer", None


def _state(session: Session) -> tuple[str, int | None]:
    """Return what is found of the database, and the age of the queue in it."""
    if not schema.is_current(session):
        return "its tables are not those of this program", None
    now = utcnow()
    oldest = watching.oldest_due(session, now=now)
    return "ok", int((now - oldest).total_seconds()) if oldest is not None else 0


def router(readiness: Readiness) -> APIRouter:
    """Make the two routes. They say nothing that a stranger must not read."""
    made = APIRouter(tags=["health"])

    @made.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @made.get("/ready", responses={503: {"description": "Something keeps it from work."}})
    async def ready() -> JSONResponse:
        checks = await readiness.look()
        is_ready = all(found == "ok" for found in checks.values())
        return JSONResponse(
            {
                "status": "ready" if is_ready else "not ready",
                "checks": checks,
                "queue_age_seconds": readiness.queue_age,
            },
            HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    return made
