"""The floor: what a bot costs that only takes events in, written as well as we can.

Bare Bolt over Socket Mode, and raw SQL that writes the rows which the desk writes of a message,
into the desk's own tables and with the desk's own care: committed to the disk before the
acknowledgement, one writing thread, a message that comes twice is one ticket. It knows no modes, no
threads, no rights, no floods, and does none of the jobs that it writes down.

With a model it goes on as far as a card: asks it, posts a receipt and a card, within Slack's pace.
What the desk does beyond that is what the benchmarks measure.
"""

import asyncio
import json
import os
import sqlite3
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from openai import AsyncOpenAI
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

CONTACT = "SELECT id, profile_at FROM contacts WHERE workspace_id = 1 AND slack_user_id = ?"
NEW_CONTACT = """
INSERT INTO contacts (workspace_id, slack_user_id, name, created_at) VALUES (1, ?, '', ?)
RETURNING id
"""
TICKET = """
INSERT INTO tickets (workspace_id, title, raw_text, source, status, triage_status,
    triage_generation, priority, requester_id, channel, root_ts, card_channel, lane_seq,
    created_at, updated_at)
VALUES (1, ?, ?, 'message', 'new', 'pending', 1, 'normal', ?, ?, ?, ?, 3, ?, ?)
ON CONFLICT DO NOTHING RETURNING id
"""
MESSAGE = """
INSERT INTO messages (workspace_id, ticket_id, author_id, role, visibility, text, files, edits,
    ticket_status, channel, ts, created_at)
VALUES (1, ?, ?, 'requester', 'public', ?, '[]', '[]', 'new', ?, ?, ?)
"""
AUDIT = """
INSERT INTO audit_events (workspace_id, ticket_id, actor_id, action, surface, details, created_at)
VALUES (1, ?, ?, 'opened', 'message', '{}', ?)
"""
JOB = """
INSERT INTO jobs (workspace_id, kind, ticket_id, lane, lane_seq, pace, payload, dedupe_key,
    message_key, state, priority, run_at, attempts, created_at)
VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, 0, ?)
ON CONFLICT DO NOTHING
"""


class Book:
    """The database, and the one thread that writes into it."""

    def __init__(self, path: str, card_channel: str) -> None:
        self._writer = ThreadPoolExecutor(1)
        self._card_channel = card_channel
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._db.execute(f"PRAGMA {pragma}")

    async def enter(self, event: dict[str, Any]) -> bool:
        """Write the message down as a ticket; say whether it is a new one."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._enter, event)

    def _enter(self, event: dict[str, Any]) -> bool:
        execute = self._db.execute
        execute("BEGIN IMMEDIATE")
        try:
            is_new = self._write(event)
        except BaseException:
            execute("ROLLBACK")
            raise
        execute("COMMIT")
        return is_new

    def _write(self, event: dict[str, Any]) -> bool:
        execute = self._db.execute
        moment = datetime.now(UTC).replace(tzinfo=None)
        now, later = _stored(moment), _stored(moment + timedelta(seconds=2))
        channel, ts, text = event["channel"], event["ts"], event["text"]
        contact = execute(CONTACT, (event["user"],)).fetchone()
        if contact is None:
            contact = (*execute(NEW_CONTACT, (event["user"], now)).fetchone(), None)
        author, is_known = contact[0], contact[1] is not None
        opened = execute(
            TICKET, (text[:150], text, author, channel, ts, self._card_channel, now, now)
        ).fetchone()
        if opened is None:
            return False
        number = opened[0]
        execute(MESSAGE, (number, author, text, channel, ts, now))
        execute(AUDIT, (number, author, now))
        about = json.dumps({"user_id": event["user"]})
        post, card = f"post:{channel}", f"post:{self._card_channel}"
        jobs = (
            ("receipt", number, f"receipt:{number}", 1, post, "{}", f"receipt:{number}:1", 20, now),
            ("card", number, f"card:{number}", 2, card, "{}", f"card:{number}:1", 30, later),
            ("triage", number, f"triage:{number}", 3, None, "{}", f"triage:{number}:1", 30, now),
            *(
                ()
                if is_known
                else (("profile", None, None, 0, None, about, f"profile:{author}", 20, now),)
            ),
        )
        self._db.executemany(JOB, [(*job[:7], uuid4().hex, *job[7:], now) for job in jobs])
        return True


def _stored(moment: datetime) -> str:
    return moment.isoformat(" ", timespec="microseconds")


class Pace:
    """A post in each channel every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free: dict[str, float] = defaultdict(float)

    async def take(self, channel: str) -> None:
        """Wait for the turn."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._free[channel])
        self._free[channel] = turn + self._seconds
        await asyncio.sleep(turn - now)


class Onward:
    """What is done of a message afterwards: one call of the model and two of Slack."""

    def __init__(self, client: AsyncWebClient, address: str, pace: Pace, card_channel: str) -> None:
        self._client, self._pace, self._card_channel = client, pace, card_channel
        self._model = AsyncOpenAI(api_key="none", base_url=address, max_retries=0)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, event: dict[str, Any]) -> None:
        """Do it without anyone waiting."""
        for work in (self._receipt(event), self._card(event)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _receipt(self, event: dict[str, Any]) -> None:
        await self._pace.take(event["channel"])
        await self._client.chat_postMessage(
            channel=event["channel"], thread_ts=event["ts"], text="We have your request."
        )

    async def _card(self, event: dict[str, Any]) -> None:
        asked = await self._model.chat.completions.create(
            model="fake", messages=[{"role": "user", "content": event["text"]}]
        )
        draft = asked.choices[0].message.content or ""
        await self._pace.take(self._card_channel)
        text = f"{event['text']}\nReply draft: {draft}"
        block = {"type": "section", "text": {"type": "plain_text", "text": text}}
        await self._client.chat_postMessage(channel=self._card_channel, text=text, blocks=[block])


async def main() -> None:
    """Take events until the process is ended."""
    env = os.environ
    token, card_channel = env["SLACK_BOT_TOKEN"], env["CARD_CHANNEL"]
    book = Book(env["DATABASE_PATH"], card_channel)

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=None, bot_user_id=env["BOT_USER_ID"], bot_token=token
        )

    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=token, base_url=env["SLACK_API_URL"], session=session, retry_handlers=[]
        )
        onward = None
        if "OPENAI_BASE_URL" in env:
            pace = Pace(float(env["PACE"]))
            onward = Onward(client, env["OPENAI_BASE_URL"], pace, card_channel)
        app = AsyncApp(client=client, authorize=authorize, process_before_response=True)

        @app.event("message")
        async def message(event: dict[str, Any]) -> None:
            if await book.enter(event) and onward is not None:
                onward.start(event)

        handler = AsyncSocketModeHandler(app, env["SLACK_APP_TOKEN"])
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
