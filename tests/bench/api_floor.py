"""The floor under the API: bare FastAPI with one INSERT and one SELECT, and nothing else.

The ticket is on the disk before it is answered, by one writing thread; a page is read beside it.
"""

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

INSERT = """
INSERT INTO tickets (workspace_id, title, raw_text, source, status, triage_status, priority,
    requester_id, created_at, updated_at)
VALUES (1, ?, ?, 'api', 'new', 'pending', 'normal', 1, ?, ?) RETURNING id
"""
SELECT = """
SELECT id, title, raw_text, source, status, triage_status, category, priority, created_at
FROM tickets WHERE workspace_id = 1 ORDER BY id DESC LIMIT ?
"""


class NewTicket(BaseModel):
    """What is handed in."""

    raw_text: str


class TicketShown(BaseModel):
    """What is answered."""

    id: int
    title: str
    raw_text: str
    source: str
    status: str
    triage_status: str
    category: str | None
    priority: str
    created_at: datetime


class TicketsShown(BaseModel):
    """A page."""

    items: list[TicketShown]


def create_app(path: str) -> FastAPI:
    """Put the two routes together."""
    app = FastAPI()
    writer, reader = ThreadPoolExecutor(1), ThreadPoolExecutor(4)
    writes, reads = _connected(path), _connected(path)

    def insert(text: str) -> TicketShown:
        now = datetime.now(UTC)
        moment = now.replace(tzinfo=None).isoformat(" ", timespec="microseconds")
        writes.execute("BEGIN IMMEDIATE")
        number = writes.execute(INSERT, (text[:150], text, moment, moment)).fetchone()[0]
        writes.execute("COMMIT")
        return TicketShown(
            id=number,
            title=text[:150],
            raw_text=text,
            source="api",
            status="new",
            triage_status="pending",
            category=None,
            priority="normal",
            created_at=now,
        )

    def select(limit: int) -> TicketsShown:
        rows: list[Any] = reads.execute(SELECT, (limit,)).fetchall()
        names = list(TicketShown.model_fields)
        return TicketsShown(
            items=[TicketShown(**dict(zip(names, row, strict=True))) for row in rows]
        )

    @app.post("/tickets", status_code=201)
    async def create(ticket: NewTicket) -> TicketShown:
        return await asyncio.get_running_loop().run_in_executor(writer, insert, ticket.raw_text)

    @app.get("/tickets")
    async def listed(limit: int = 50) -> TicketsShown:
        return await asyncio.get_running_loop().run_in_executor(reader, select, limit)

    return app


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


if __name__ == "__main__":
    uvicorn.run(
        create_app(os.environ["DATABASE_PATH"]),
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
    )
