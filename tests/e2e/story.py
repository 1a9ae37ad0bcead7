"""A desk and its Slack, as a test's stage: people act on it, and the test reads the screen."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy import URL, select
from sqlalchemy.orm import Session

from bot import runtime
from bot.sandbox import sample
from bot.sandbox.outcomes import Outcome
from bot.sandbox.records import Json, Message, View
from bot.sandbox.server import Sandbox
from core.settings import Settings
from storage.database import Database
from storage.tables import AuditEvent, Job, JobState, ModelCall, Reply, Result, Ticket
from storage.tables import Message as Said

# Seconds in which the desk notes where its card stands, unless something is wrong.
NOTING = 0.5


class Story:
    """One desk at work in the sandbox, over real sockets.

    ``start`` and ``stop`` open and close the desk inside the test's event loop; Slack's side goes
    on meanwhile.
    """

    def __init__(self, sandbox: Sandbox, url: URL, **settings: Any) -> None:
        self.sandbox = sandbox
        self.people = sandbox.people
        self.database = Database(url)
        self.settings = Settings(
            _env_file=None,
            **{
                **way_in(sandbox),
                "slack_bot_token": sandbox.bot_token,
                "slack_api_url": sandbox.api_url,
                "database_url": url.render_as_string(hide_password=False),
                "pace_scale": 0.02,
                "card_delay": 0.3,
                # Tests write faster than people do.
                "group_window": 0,
                "requests_per_10_minutes": 1000,
                # Else it comes into every test that runs between nine and ten on a weekday.
                "digest_at": "off",
                **settings,
            },
        )
        self._stop = asyncio.Event()
        self._desk: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the desk and wait until Slack sees it."""
        self._stop = asyncio.Event()
        desk = asyncio.create_task(runtime.run(self.settings, self._stop))
        self._desk = desk
        if self.sandbox.http is None:
            await self.sandbox.until(lambda: desk.done() or self.sandbox.sockets.connected > 0, 15)
        else:
            await self.reachable(desk)
        if desk.done():
            await desk

    async def reachable(self, desk: asyncio.Task[Any]) -> None:
        """Wait until the desk answers over HTTP, as Slack asks it when its address is saved."""
        assert self.sandbox.http is not None
        async with asyncio.timeout(30):
            while not desk.done():
                with contextlib.suppress(aiohttp.ClientError):
                    if await self.sandbox.http.verify_url():
                        return
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Close the desk as SIGTERM does."""
        self._stop.set()
        if self._desk is not None:
            await self._desk
            self._desk = None

    async def ended(self) -> None:
        """Wait until the desk ends by itself; raises what it raises."""
        assert self._desk is not None
        desk, self._desk = self._desk, None
        async with asyncio.timeout(15):
            await desk

    async def close(self) -> None:
        """End it all; an error of the desk is the test's."""
        try:
            await self.stop()
        finally:
            self.database.dispose()

    # What people see

    def seen(self, channel: str, user: str | None = None) -> list[Message]:
        """Return the channel's messages in order; ephemeral ones for ``user`` only."""
        return [
            message
            for message in self.sandbox.workspace.messages(channel)
            if message.ephemeral_to in {None, user}
        ]

    def cards(self, channel: str = sample.TRIAGE) -> list[Message]:
        """Return the bot's messages in the triage channel, or another one."""
        return [each for each in self.seen(channel) if each.bot_id and not each.is_reply]

    def thread(self, channel: str, root_ts: str) -> list[Message]:
        """Return the replies of a thread."""
        return [
            each for each in self.seen(channel) if each.thread_ts == root_ts and each.ts != root_ts
        ]

    def told(self, user: str, channel: str) -> list[str]:
        """Return what the bot told that person alone, in that channel."""
        messages = self.sandbox.workspace.messages(channel)
        return [each.text for each in messages if each.ephemeral_to == user]

    def direct(self, user: str) -> str:
        """Return the id of the person's direct messages with the bot."""
        return self.sandbox.workspace.direct_message(user).id

    async def until(self, condition: Callable[[], Any], timeout: float = 15) -> Any:  # noqa: ASYNC109
        """Wait until the condition holds, and return its value."""
        try:
            return await self.sandbox.until(condition, timeout)
        except TimeoutError:
            shown = "\n--\n".join(wording(card) for card in self.cards())
            raise AssertionError(f"it did not come true; the cards are:\n{shown}") from None

    async def card(
        self,
        *,
        says: str = "",
        without: str = "\0",
        which: int = -1,
        channel: str = sample.TRIAGE,
    ) -> Message:
        """Wait until the card (the newest one) says that, and return it.

        Nobody acts on a card in the milliseconds in which Slack shows it and the desk has not noted
        yet where it stands. Where its answer was lost, that is for longer, and for the test to say.
        """

        def found() -> Message | None:
            cards = self.cards(channel)
            if not -len(cards) <= which < len(cards):
                return None
            text = wording(cards[which])
            return cards[which] if says in text and without not in text else None

        message: Message = await self.until(found)
        with contextlib.suppress(TimeoutError):
            await self.sandbox.until(lambda: self._stands_at(message.ts), NOTING)
        return message

    def _stands_at(self, ts: str) -> bool:
        return any(each.card_ts == ts for each in self.tickets())

    async def posted(self, channel: str, text: str, user: str = sample.ANA, **more: Any) -> str:
        """Post as Ana, or somebody else; return the ts."""
        outcome = await self.people.post(user, channel, text, **more)
        assert outcome.ts is not None
        return outcome.ts

    async def click(self, user: str, message: Message, action_id: str, **more: Any) -> Outcome:
        """Click an element of the message as it stands now."""
        return await self.people.click(user, message.channel, message.ts, action_id, **more)

    async def choose(self, user: str, message: Message, label: str) -> Outcome:
        """Choose what stands behind dots of the card."""
        action_id = next(
            element["action_id"]
            for element in elements(message, "overflow")
            if label in _options(element)
        )
        return await self.click(user, message, action_id, value=option(message, label))

    def form(self, user: str) -> View:
        """Return the form that is open before that person."""
        view = self.sandbox.workspace.views.top(user)
        assert view is not None, "no form is open"
        return view

    async def form_says(self, user: str, part: str, without: str = "\0") -> View:
        """Wait until the modal before that person says that, and return it."""

        def found() -> View | None:
            view = self.form(user)
            shown = wording(view)
            return view if part in shown and without not in shown else None

        view: View = await self.until(found)
        return view

    async def press(self, user: str, action_id: str, value: Any = None) -> Outcome:
        """Use an element of the modal that is open before that person."""
        return await self.people.click_in_view(user, self.form(user).id, action_id, value)

    async def ask_privately(self, user: str = sample.ANA, title: str = "My salary") -> None:
        """Open a private ticket by the form."""
        await self.people.slash(user, sample.GENERAL, "/ticket")
        values = {"title": title, "details": "It is 1234 instead of 4321.", "private": ["private"]}
        outcome = await self.submit(user, **values)
        assert outcome.acked
        assert not outcome.errors

    async def command(self, user: str, text: str) -> str:
        """Say it after /ticket, in #general; return what the person alone is answered."""
        before = len(self.told(user, sample.GENERAL))
        outcome = await self.people.slash(user, sample.GENERAL, "/ticket", text)
        assert outcome.acked
        told = self.told(user, sample.GENERAL)[before:]
        assert len(told) <= 1
        return told[0] if told else ""

    async def submit(self, user: str, **values: Any) -> Outcome:
        """Fill in the open form and submit it."""
        return await self.people.submit_view(user, self.form(user).id, values)

    async def answer_by_hand(self, user: str, card: Message, text: str) -> None:
        """Click Reply, write, and send."""
        await self.click(user, card, "reply")
        outcome = await self.submit(user, text=text)
        assert outcome.acked
        assert not outcome.errors

    async def replies(self, channel: str, root_ts: str, count: int) -> list[Message]:
        """Wait until the thread has that many messages of the bot, and return them."""

        def found() -> list[Message] | None:
            said = [each for each in self.thread(channel, root_ts) if each.bot_id]
            return said if len(said) >= count else None

        said: list[Message] = await self.until(found)
        assert len(said) == count, [each.text for each in said]
        return said

    async def receipt(self, user: str = sample.ANA, *, says: str = "Ticket #") -> Message:
        """Wait for the receipt in the person's direct messages, and return it."""
        place = self.direct(user)

        def found() -> Message | None:
            return next(
                (
                    each
                    for each in self.seen(place)
                    if each.bot_id and not each.is_reply and says in wording(each)
                ),
                None,
            )

        message: Message = await self.until(found)
        return message

    async def heard(self, user: str, channel: str, part: str) -> str:
        """Wait until the bot told that person alone something with that part, and return it."""

        def found() -> str | None:
            return next((text for text in self.told(user, channel) if part in text), None)

        text: str = await self.until(found)
        return text

    # What the database holds

    def rows(self, query: Callable[[Session], Any]) -> Any:
        """Read the database."""
        with self.database.reading() as session:
            return query(session)

    def tickets(self) -> Sequence[Ticket]:
        """Return all tickets, oldest first."""
        found: Sequence[Ticket] = self.rows(
            lambda session: session.scalars(select(Ticket).order_by(Ticket.id)).all()
        )
        return found

    def said(self) -> Sequence[Said]:
        """Return the messages of all conversations, oldest first."""
        found: Sequence[Said] = self.rows(
            lambda session: session.scalars(select(Said).order_by(Said.id)).all()
        )
        return found

    def answers(self) -> Sequence[Reply]:
        """Return everything that was approved, oldest first."""
        found: Sequence[Reply] = self.rows(
            lambda session: session.scalars(select(Reply).order_by(Reply.id)).all()
        )
        return found

    def results(self) -> Sequence[Result]:
        """Return the results of all triages, oldest first."""
        found: Sequence[Result] = self.rows(
            lambda session: session.scalars(select(Result).order_by(Result.id)).all()
        )
        return found

    def audit(self, action: str) -> Sequence[AuditEvent]:
        """Return what was done under that name, oldest first."""
        query = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
        found: Sequence[AuditEvent] = self.rows(lambda session: session.scalars(query).all())
        return found

    def calls(self) -> Sequence[ModelCall]:
        """Return the ledger of model calls, oldest first."""
        found: Sequence[ModelCall] = self.rows(
            lambda session: session.scalars(select(ModelCall).order_by(ModelCall.id)).all()
        )
        return found

    async def settled(self, timeout: float = 20) -> None:  # noqa: ASYNC109
        """Wait until nothing is left to do."""

        def open_jobs() -> bool:
            query = select(Job.id).where(Job.state.in_([JobState.PENDING, JobState.RUNNING]))
            return not self.rows(lambda session: session.scalars(query.limit(1)).all())

        await self.until(open_jobs, timeout)


def way_in(sandbox: Sandbox) -> dict[str, Any]:
    """Return the settings with which the desk is reached as that Slack reaches apps."""
    if sandbox.http is None:
        return {"slack_app_token": sandbox.app_token, "port": 0}
    port = urlsplit(sandbox.http.url).port
    return {"slack_signing_secret": sandbox.signing_secret, "port": port}


def wording(message: Message | View) -> str:
    """Return every word that a screen shows of it: its blocks' texts and labels."""
    return "\n".join(_texts(list(message.blocks)))


def _texts(part: Any) -> list[str]:
    if isinstance(part, list):
        return [text for each in part for text in _texts(each)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if isinstance(part.get("text"), str) else []
    return own + [
        text for key, each in part.items() if key != "text" or not own for text in _texts(each)
    ]


def labels(message: Message | View) -> list[str]:
    """Return the labels of the visible buttons, in order."""
    return [element["text"]["text"] for element in elements(message, "button")]


def menu(message: Message | View, action_id: str = "more") -> list[str]:
    """Return the labels behind the dots beside the buttons, or of another menu."""
    return [
        label
        for element in elements(message, "overflow")
        if element["action_id"] == action_id
        for label in _options(element)
    ]


def _options(element: Json) -> list[str]:
    return [option["text"]["text"] for option in element["options"]]


def elements(message: Message | View, kind: str) -> list[Json]:
    """Return the interactive elements of that type."""
    found = []
    for block in message.blocks:
        candidates = [*block.get("elements", []), block.get("accessory") or {}]
        found += [each for each in candidates if each.get("type") == kind]
    return found


def option(message: Message | View, label: str) -> str:
    """Return the value of the menu's or select's option with that label."""
    value: str = next(
        each["value"]
        for kind in ("overflow", "static_select")
        for element in elements(message, kind)
        for each in element["options"]
        if each["text"]["text"] == label
    )
    return value
