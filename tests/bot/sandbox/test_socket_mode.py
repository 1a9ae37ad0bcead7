"""The real Bolt over real sockets."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sample import ANA, BEN, HELP, TRIAGE
from bot.sandbox.server import Sandbox

Connect = Callable[[AsyncApp], Awaitable[Any]]
Json = dict[str, Any]


def hear_messages(app: AsyncApp) -> list[Json]:
    """Let the app note every message event's whole body."""
    heard: list[Json] = []

    @app.event("message")
    async def note(body: Json) -> None:
        heard.append(body)

    return heard


async def test_a_message_reaches_the_bot_and_its_answer_the_channel(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    @app.event("message")
    async def answer(event: Json, client: AsyncWebClient) -> None:
        await client.chat_postMessage(
            channel=event["channel"], thread_ts=event["ts"], text=f"You said: {event['text']}"
        )

    await connect(app)
    outcome = await sandbox.people.post(ANA, HELP, "1 < 2 & @ben knows")

    assert outcome.acked
    assert outcome.ts
    (reply,) = sandbox.workspace.replies(HELP, outcome.ts)
    assert reply.text == f"You said: 1 &lt; 2 &amp; <@{BEN}> knows"
    assert reply.user == sandbox.workspace.bot.id
    (call,) = sandbox.traffic.calls("chat.postMessage")
    assert call.ok
    assert call.payload["thread_ts"] == outcome.ts


async def test_the_bot_hears_its_own_messages_edits_and_deletions(
    sandbox: Sandbox, web: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    await connect(app)
    posted = await web.chat_postMessage(channel=HELP, text="one")
    await web.chat_update(channel=HELP, ts=posted["ts"], text="two")
    await web.chat_delete(channel=HELP, ts=posted["ts"])

    deliveries = await sandbox.until(
        lambda: (
            [d for d in sandbox.traffic.deliveries("message") if d.ok][2:]
            and sandbox.traffic.deliveries("message")
        )
    )
    events = [delivery.payload["event"] for delivery in deliveries]
    plain, changed, deleted = sorted(events, key=lambda event: event["event_ts"])
    assert plain["user"] == sandbox.workspace.bot.id
    assert plain["bot_id"] == sandbox.workspace.bot_id
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "two")
    assert changed["previous_message"]["text"] == "one"
    assert changed["message"]["bot_id"] == sandbox.workspace.bot_id
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", posted["ts"])


async def test_fifty_messages_at_once_are_delivered_side_by_side(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    together = asyncio.Barrier(50)

    @app.event("message")
    async def wait_for_all() -> None:
        await together.wait()

    await connect(app)
    outcomes = await asyncio.gather(
        *(sandbox.people.post(ANA, HELP, f"message {number}") for number in range(50))
    )

    assert all(outcome.acked for outcome in outcomes)
    assert len({outcome.ts for outcome in outcomes}) == 50


async def test_an_event_that_is_not_acknowledged_is_delivered_again(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    tries = 0

    @app.event("message")
    async def fail_twice() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError("not now")

    await connect(app)
    outcome = await sandbox.people.post(ANA, HELP, "again")

    assert outcome.ack
    assert outcome.ack.status == "timeout"
    deliveries = await sandbox.until(lambda: sandbox.traffic.deliveries("message")[2:])
    assert deliveries[0].ok
    assert [d.retry for d in sandbox.traffic.deliveries("message")] == [0, 1, 2]
    assert len({d.payload["event_id"] for d in sandbox.traffic.deliveries("message")}) == 1
    await sandbox.until(lambda: sandbox.delivery.under_way == 0)


async def test_after_three_redeliveries_slack_gives_up(sandbox: Sandbox) -> None:
    outcome = await sandbox.people.post(ANA, HELP, "is anybody there?")

    await sandbox.until(lambda: sandbox.delivery.under_way == 0)
    assert outcome.ack
    assert outcome.ack.status == "unreachable"
    assert [d.status for d in sandbox.traffic.deliveries("message")] == ["unreachable"] * 4


async def test_an_acknowledgement_that_got_lost_brings_the_same_event_again(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    heard = hear_messages(app)
    sandbox.faults.lose_ack("message", times=1)
    await connect(app)
    await sandbox.people.post(ANA, HELP, "hello")

    await sandbox.until(lambda: len(heard) == 2)
    assert heard[0]["event_id"] == heard[1]["event_id"]


async def test_several_connections_get_each_payload_once(
    sandbox: Sandbox, web: AsyncWebClient, connect: Connect
) -> None:
    apps = [AsyncApp(client=web, process_before_response=True) for _ in range(3)]
    heard = [hear_messages(app) for app in apps]
    for app in apps:
        await connect(app)

    await asyncio.gather(*(sandbox.people.post(ANA, HELP, str(n)) for n in range(30)))

    assert [len(bodies) for bodies in heard] == [10, 10, 10]
    texts = Counter(body["event"]["text"] for bodies in heard for body in bodies)
    assert set(texts.values()) == {1}


async def test_a_dropped_socket_is_opened_anew(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    heard = hear_messages(app)
    await connect(app)

    await sandbox.sockets.drop()
    await sandbox.until(lambda: sandbox.sockets.connected == 1)
    await sandbox.people.post(ANA, HELP, "still there?")

    assert len(heard) == 1


async def test_a_refresh_request_makes_the_bot_reconnect(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    await connect(app)
    before = len(sandbox.traffic.calls("apps.connections.open"))

    await sandbox.sockets.disconnect("refresh_requested")

    await sandbox.until(
        lambda: (
            len(sandbox.traffic.calls("apps.connections.open")) == before + 1
            and sandbox.sockets.connected == 1
        )
    )


async def test_an_eleventh_connection_is_sent_away(sandbox: Sandbox, web: AsyncWebClient) -> None:
    async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:

        async def first_words() -> Json:
            opened = await web.apps_connections_open(app_token=sandbox.app_token)
            socket = await stack.enter_async_context(session.ws_connect(opened["url"]))
            return dict(await socket.receive_json())

        hellos = [await first_words() for _ in range(10)]
        goodbye = await first_words()

    assert [hello["num_connections"] for hello in hellos] == list(range(1, 11))
    assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")


async def test_events_can_be_duplicated_under_a_new_event_id(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    heard = hear_messages(app)
    sandbox.faults.duplicate("message", anew=True)
    await connect(app)
    await sandbox.people.post(ANA, HELP, "twice")

    await sandbox.until(lambda: len(heard) == 2)
    assert heard[0]["event"] == heard[1]["event"]
    assert heard[0]["event_id"] != heard[1]["event_id"]


async def test_a_command_that_is_not_acknowledged_fails_before_the_persons_eyes(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    @app.command("/ticket")
    async def forget() -> None:
        return

    await connect(app)
    outcome = await sandbox.people.slash(ANA, HELP, "/ticket", "printer")

    assert outcome.error == "operation_timeout"
    assert len(sandbox.traffic.deliveries("/ticket")) == 1


async def test_a_command_without_a_bot_fails_at_once(sandbox: Sandbox) -> None:
    outcome = await sandbox.people.slash(ANA, HELP, "/ticket", "printer")

    assert outcome.error == "dispatch_failed"


async def test_a_command_is_answered_in_its_acknowledgement(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    @app.command("/ticket")
    async def answer(ack: Any, command: Json) -> None:
        assert command["channel_name"] == "privategroup"
        await ack(f"Got it: {command['text']}")

    await connect(app)
    outcome = await sandbox.people.slash(BEN, TRIAGE, "/ticket", "ask @ana <now>")

    assert outcome.payload == {"text": f"Got it: ask <@{ANA}|ana> &lt;now&gt;"}
    shown = sandbox.workspace.messages(TRIAGE)[-1]
    assert shown.ephemeral_to == BEN
