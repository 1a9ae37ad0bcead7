"""The sending of webhooks: signed, in order, again after a failure, and not for ever."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import time_machine
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot import outbox
from bot.webhooks import network, sending
from bot.webhooks.sending import Sender
from core import replies, tickets, webhooks
from core.desk import Desk
from core.installation import Installation
from core.jobs import Kind
from core.webhooks import Event
from core.worker import JobKind, Slot
from storage.tables import Job, JobState, Reply, WebhookDelivery, WebhookEndpoint, utcnow
from tests.fixtures.handlers import Handler
from tests.fixtures.people import ANA, ask
from tests.fixtures.receiver import Receiver, receiving
from tests.fixtures.working import until, wake, working

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@dataclass
class Scene:
    """A desk with a worker that sends, and what it wrote."""

    desk: Desk
    installation: Installation

    async def hook(self, receiver: Receiver, *events: str, **more: Any) -> int:
        endpoint = await self.desk.run(
            webhooks.add,
            workspace_id=1,
            url=receiver.url,
            events=events,
            to_private=True,
            **more,
        )
        receiver.secret = endpoint.secret
        return endpoint.id

    async def opened(self, ts: str = "1700000000.000100", **more: Any) -> int:
        opened = await self.desk.run(ask, installation=self.installation, ts=ts, **more)
        return opened.ticket.id

    async def log(self, endpoint_id: int) -> list[WebhookDelivery]:
        """The tries, the oldest first."""
        newest_first = await self.desk.read(
            webhooks.deliveries, workspace_id=1, endpoint_id=endpoint_id, limit=500
        )
        return list(reversed(newest_first))

    async def endpoint(self, endpoint_id: int) -> WebhookEndpoint:
        return await self.desk.read(webhooks.found, workspace_id=1, endpoint_id=endpoint_id)

    async def left(self, *kinds: Kind) -> int:
        def query(session: Session) -> int:
            open_ = Job.state.in_((JobState.PENDING, JobState.RUNNING))
            return len(session.scalars(select(Job.id).where(Job.kind.in_(kinds), open_)).all())

        return await self.desk.read(query)

    async def all_sent(self) -> None:
        async with asyncio.timeout(20):
            while await self.left(Kind.WEBHOOK):  # noqa: ASYNC110 - other processes may end them
                await asyncio.sleep(0.01)


@pytest.fixture
def scene(staffed: Desk, installation: Installation) -> Scene:
    return Scene(staffed, installation)


@asynccontextmanager
async def sending_from(scene: Scene, **kinds: JobKind) -> AsyncIterator[None]:
    async with network.client(to_private=True) as client:
        sender = Sender(scene.desk, scene.installation, client)
        webhook = JobKind(sender.handle, outbox.A_DAY, Slot.WEBHOOK, sender.give_up)
        table = {Kind.WEBHOOK: webhook, **{Kind(name): kind for name, kind in kinds.items()}}
        async with working(scene.desk, table):
            yield


async def test_what_is_sent(scene: Scene, receiver: Receiver) -> None:
    endpoint_id = await scene.hook(receiver)
    before = utcnow()
    number = await scene.opened(text="The VPN is down. <script>ü")
    async with sending_from(scene):
        await scene.all_sent()
    [event] = receiver.events
    assert event["type"] == Event.CREATED
    assert before <= datetime.fromisoformat(event["timestamp"]) <= utcnow()
    assert event["data"]["ticket"]["id"] == number
    assert event["data"]["ticket"]["title"] == "The VPN is down. <script>ü"
    assert receiver.forged == 0
    [tried] = await scene.log(endpoint_id)
    assert (tried.status, tried.error, tried.attempt) == (204, None, 1)
    assert (tried.event, tried.ticket_id, tried.message_id) == (
        Event.CREATED,
        number,
        receiver.ids[0],
    )


async def test_what_the_documents_say_is_so(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payload has the keys of the one that is shown, and both receivers take what is sent."""
    await scene.hook(receiver, Event.REPLIED)
    number = await scene.opened()
    who: dict[str, Any] = {"installation": scene.installation, "number": number, "by": ANA}
    await scene.desk.run(replies.answer, **who, text="Restart it.", form_key="V1")
    async with sending_from(scene):
        await scene.all_sent()
    text = (Path(__file__).parents[3] / "docs/webhooks.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert _keys(json.loads(shown)) == _keys(receiver.events[0])
    monkeypatch.setenv("WEBHOOK_SECRET", receiver.secret)
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(code, names)  # noqa: S102 - our own document
    body, headers = receiver.raw[0]
    headers = {name.lower(): value for name, value in headers.items()}
    assert names["receive"](body, headers) == 204
    assert names["receive"](body.replace(b"Restart", b"Destroy"), headers) == 400
    assert names["is_signed"](receiver.secret, body, headers)
    assert not names["is_signed"](receiver.secret, body + b" ", headers)
    listed = set(re.findall(r"^\| `([a-z._]+)`", text, re.MULTILINE))
    assert listed == {*Event, webhooks.PING}


def _keys(shown: dict[str, Any]) -> dict[str, Any]:
    """All names, those of people left out: an assignee may be there or not."""
    return {
        name: _keys(value) if isinstance(value, dict) and name != "assignee" else None
        for name, value in shown.items()
    }


async def test_an_answer_is_told_with_its_words_until_it_is_taken_back(
    scene: Scene, receiver: Receiver
) -> None:
    await scene.hook(receiver, Event.REPLIED)
    number = await scene.opened()
    who: dict[str, Any] = {"installation": scene.installation, "number": number, "by": ANA}
    for key, text in (("V1", "Restart it."), ("V2", "Sorry, do not restart it.")):
        reply = await scene.desk.run(replies.answer, **who, text=text, form_key=key)
    await scene.desk.run(partial(_taken_back, reply_id=reply.id))
    async with sending_from(scene):
        await scene.all_sent()
    said = [event["data"]["reply"] for event in receiver.events]
    assert [(each["text"], each["approved_by"]) for each in said] == [
        ("Restart it.", "Ana"),
        (None, "Ana"),
    ]


def _taken_back(session: Session, *, reply_id: int) -> None:
    session.get_one(Reply, reply_id).taken_back_at = utcnow()


async def test_a_failed_event_comes_again_under_the_same_id_before_later_ones(
    scene: Scene, receiver: Receiver
) -> None:
    endpoint_id = await scene.hook(receiver, Event.CREATED, Event.RESOLVED)
    receiver.answers = [web.Response(status=500), web.Response(status=302)]
    number = await scene.opened()
    await scene.desk.run(tickets.resolve, installation=scene.installation, number=number, by=ANA)
    with time_machine.travel(utcnow()) as clock:
        async with sending_from(scene):
            for tries in (1, 2):
                await until(lambda tries=tries: len(receiver.ids) == tries)  # type: ignore[misc]
                await noted(scene, endpoint_id, tries)
                clock.shift(30)
                await wake(scene.desk)
            await scene.all_sent()
    assert receiver.types == [Event.CREATED] * 3 + [Event.RESOLVED]
    assert len(set(receiver.ids[:3])) == 1
    assert len(set(receiver.ids)) == 2
    assert [(each.attempt, each.status, each.error) for each in await scene.log(endpoint_id)] == [
        (1, 500, "it answered 500"),
        (2, 302, "it answered 302; redirections are not followed"),
        (3, 204, None),
        (1, 204, None),
    ]


async def noted(scene: Scene, endpoint_id: int, tries: int) -> None:
    """Wait until that many tries ended, so that the queue knows when the next one is due."""
    async with asyncio.timeout(10):
        while len(await scene.log(endpoint_id)) < tries or await running(scene):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def running(scene: Scene) -> bool:
    def query(session: Session) -> bool:
        found = select(Job.id).where(Job.kind == Kind.WEBHOOK, Job.state == JobState.RUNNING)
        return session.scalar(found.limit(1)) is not None

    return await scene.desk.read(query)


async def test_an_endpoint_that_says_when_is_left_alone_until_then(
    scene: Scene, receiver: Receiver
) -> None:
    """It holds for everything that waits to be sent there, not for the event alone."""
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    receiver.answers = [web.Response(status=503, headers={"Retry-After": "600"})]
    await scene.opened()
    async with receiving() as other:
        await scene.hook(other, Event.CREATED)
        with time_machine.travel(utcnow()) as clock:
            async with sending_from(scene):
                await noted(scene, endpoint_id, 1)
                for second in (1, 2, 3):  # these could go to either
                    await scene.opened(ts=f"170000000{second}.000100")
                clock.shift(590)
                await wake(scene.desk)
                await until(lambda: len(other.ids) == 3)
                assert len(receiver.ids) == 1
                clock.shift(20)
                await wake(scene.desk)
                await scene.all_sent()
    assert len(receiver.ids) == 5


async def test_after_a_day_an_endpoint_is_disabled_and_the_admins_are_told(
    scene: Scene, receiver: Receiver
) -> None:
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    receiver.answers = [web.Response(status=500), web.Response(status=500)]
    await scene.opened()
    alarm = Handler()
    with time_machine.travel(utcnow()) as clock:
        async with sending_from(scene, alarm=alarm.kind()):
            await noted(scene, endpoint_id, 1)
            clock.shift(timedelta(hours=23))
            await wake(scene.desk)
            await noted(scene, endpoint_id, 2)
            assert (await scene.endpoint(endpoint_id)).disabled_at is None
            receiver.answers = [web.Response(status=500)]
            clock.shift(timedelta(hours=2))
            await wake(scene.desk)
            await scene.all_sent()
            await until(lambda: alarm.has_tried(1))
            endpoint = await scene.endpoint(endpoint_id)
            await scene.opened(ts="1700000001.000100")
    assert endpoint.disabled_at is not None
    assert endpoint.disabled_reason == "it took nothing for 24 hours; the last try: it answered 500"
    assert await scene.left(Kind.WEBHOOK) == 0
    assert len(receiver.ids) == 3


async def test_one_event_that_is_refused_for_a_day_disables_nothing_if_others_are_taken(
    scene: Scene, receiver: Receiver
) -> None:
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    unloved = await scene.opened()
    receiver.unloved.add(unloved)
    with time_machine.travel(utcnow()) as clock:
        async with sending_from(scene):
            await noted(scene, endpoint_id, 1)
            clock.shift(10)
            loved = await scene.opened(ts="1700000001.000100")
            await until(lambda: loved in _tickets(receiver))
            await noted(scene, endpoint_id, 2)
            clock.shift(timedelta(hours=25))
            await wake(scene.desk)
            await scene.all_sent()
    assert (await scene.endpoint(endpoint_id)).disabled_at is None
    tries = [(each.ticket_id, each.status) for each in await scene.log(endpoint_id)]
    assert set(tries) == {(unloved, 400), (loved, 204)}
    assert tries[-1] == (unloved, 400)


def _tickets(receiver: Receiver) -> list[int]:
    return [event["data"]["ticket"]["id"] for event in receiver.events]


async def test_an_endpoint_that_is_gone_is_disabled_at_once(
    scene: Scene, receiver: Receiver
) -> None:
    endpoint_id = await scene.hook(receiver, Event.CREATED, Event.RESOLVED)
    receiver.answers = [web.Response(status=410)]
    number = await scene.opened()
    await scene.desk.run(tickets.resolve, installation=scene.installation, number=number, by=ANA)
    async with sending_from(scene):
        await scene.all_sent()
    endpoint = await scene.endpoint(endpoint_id)
    assert endpoint.disabled_reason == "it answered 410 Gone"
    assert [each.status for each in await scene.log(endpoint_id)] == [410]
    assert await scene.left(Kind.ALARM) == 1


async def test_a_slow_endpoint_holds_up_neither_slack_nor_another_one(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.1)
    release = asyncio.Event()

    async def stuck() -> web.Response:
        await release.wait()
        return web.Response(status=204)

    async with receiving() as slow:
        await scene.hook(slow, Event.CREATED)
        await scene.hook(receiver, Event.CREATED)
        slow.answers = [stuck] * 20
        card = Handler()
        async with sending_from(scene, card=card.kind()):
            for second in range(12):
                await scene.opened(ts=f"17000000{second:02}.000100", text=f"Printer {second}")
            await until(lambda: len(receiver.events) == 12)
            await until(lambda: len(card.handled) == 12)
            assert len(slow.events) <= sending.AT_ONCE
            release.set()


async def test_what_does_not_answer_in_time_comes_again(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers that come but never end, or a body without end, hold nobody up."""
    monkeypatch.setattr(network, "TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    released = asyncio.Event()

    async def never() -> web.Response:
        await released.wait()
        return web.Response()

    receiver.answers = [never]
    await scene.opened()
    async with sending_from(scene):
        await noted(scene, endpoint_id, 1)
        released.set()
    [tried] = await scene.log(endpoint_id)
    assert (tried.status, tried.error) == (None, "it did not answer within 10 seconds")


async def test_an_answer_without_end_is_not_read(scene: Scene) -> None:
    """A receiver that sends gigabytes back has taken the event all the same."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")
        sent = 0
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            lengths.append(sent)
        finally:
            writer.close()

    lengths: list[int] = []
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    receiver = Receiver(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    await scene.opened()
    started = time.monotonic()
    async with server, sending_from(scene):
        await scene.all_sent()
        await until(lambda: bool(lengths))
    assert time.monotonic() - started < 8
    assert [each.status for each in await scene.log(endpoint_id)] == [200]
    assert lengths[0] < 20_000_000


async def test_nothing_secret_is_logged(scene: Scene, receiver: Receiver) -> None:
    receiver.url += "?token=t0psecret"
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    receiver.answers = [web.Response(status=500, text="t0psecret")]
    await scene.opened(text="My password is hunter2.")
    with capture_logs() as logged:
        async with sending_from(scene):
            await noted(scene, endpoint_id, 1)
    written = f"{logged} {[each.error for each in await scene.log(endpoint_id)]}"
    assert "it answered 500" in written
    assert receiver.secret not in written
    assert "t0psecret" not in written
    assert "hunter2" not in written


async def test_a_ping_is_sent_once(scene: Scene, receiver: Receiver) -> None:
    endpoint_id = await scene.hook(receiver, Event.CREATED)
    receiver.answers = [web.Response(status=500)]
    async with sending_from(scene):
        for _ in range(2):
            await scene.desk.run(webhooks.ping, workspace_id=1, endpoint_id=endpoint_id)
            await scene.all_sent()
    assert receiver.events[0] == {
        "type": "webhook.ping",
        "timestamp": receiver.events[0]["timestamp"],
        "data": {"webhook": endpoint_id},
    }
    assert [each.status for each in await scene.log(endpoint_id)] == [500, 204]
    assert len(set(receiver.ids)) == 2
