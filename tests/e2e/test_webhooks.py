"""Webhooks, as other systems hear of a desk: added over the API, told of what is done in Slack."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from bot.sandbox import sample
from core.caller import Scope
from core.webhooks import Event
from tests.e2e.calling import Caller
from tests.e2e.conftest import OpenApi
from tests.e2e.story import wording
from tests.fixtures.receiver import Receiver, receiving


@pytest.fixture
async def api(open_api: OpenApi) -> Caller:
    """The API of a desk that may send to this machine."""
    return await open_api(webhooks_to_private_addresses=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def added(api: Caller, receiver: Receiver, **more: object) -> int:
    made = await api.post("/webhooks", {"url": receiver.url, **more}, 201)
    receiver.secret = made["secret"]
    number: int = made["id"]
    return number


async def test_another_system_hears_of_all_that_happens(api: Caller, receiver: Receiver) -> None:
    """One ticket comes over the API, one from Slack; an agent works on both in Slack."""
    await added(api, receiver)
    made = await api.open(
        source="web", external_id="A-1", contact={"name": "Eve", "email": "eve@x.example"}
    )
    card = await api.story.card(says="Reply draft")
    await api.story.until(lambda: receiver.types == [Event.CREATED, Event.TRIAGED])
    assert receiver.events[0]["data"]["ticket"]["contact"]["email"] == "eve@x.example"
    assert receiver.events[0]["data"]["ticket"]["external_id"] == "A-1"
    await api.story.answer_by_hand(sample.BEN, card, "Try the other door.")
    await api.story.until(lambda: Event.REPLIED in receiver.types)
    assert receiver.events[2]["data"]["reply"]["text"] == "Try the other door."
    await api.story.click(sample.BEN, card, "resolve")
    await api.story.until(lambda: receiver.types[-1] == Event.RESOLVED)
    event = receiver.events[-1]["data"]["ticket"]
    shown = await api.get(f"/tickets/{made['id']}")
    assert (event["status"], event["resolved_by"]) == ("resolved", shown["resolved_by"])
    assert event.keys() == shown.keys()
    await api.story.posted(sample.HELP, "My mouse is dead")
    await api.story.until(lambda: len(receiver.types) == 6)
    assert receiver.events[4]["data"]["ticket"]["source"] == "message"
    assert receiver.forged == 0
    assert len(set(receiver.ids)) == len(receiver.ids)


async def test_a_private_ticket_is_told_to_whom_it_was_promised(
    api: Caller, receiver: Receiver
) -> None:
    await added(api, receiver, events=[Event.CREATED])
    async with receiving() as trusted:
        await added(api, trusted, events=[Event.CREATED], private=True)
        await api.open("my salary", private=True)
        await api.open("my mouse")
        await api.story.until(lambda: len(trusted.events) == 2 and receiver.events)
    assert [event["data"]["ticket"]["raw_text"] for event in receiver.events] == ["my mouse"]


async def test_admins_are_told_of_an_endpoint_that_is_gone(api: Caller, receiver: Receiver) -> None:
    workspace = api.story.sandbox.workspace
    workspace.put_person(replace(workspace.person(sample.CY), is_admin=True))
    number = await added(api, receiver, events=[Event.CREATED])
    receiver.answers = [web.Response(status=410)]
    await api.open("my mouse")
    notice = await api.story.receipt(sample.CY, says=f"Webhook {number} is disabled")
    assert "it answered 410 Gone" in wording(notice)
    assert f"ticketloop webhook enable {number}" in wording(notice)
    [shown] = await api.get("/webhooks")
    assert shown["disabled_reason"] == "it answered 410 Gone"
    await api.post(f"/webhooks/{number}/enable")
    await api.open("my other mouse")
    await api.story.until(lambda: len(receiver.events) == 2)


async def test_the_life_of_a_webhook(api: Caller, receiver: Receiver) -> None:
    number = await added(api, receiver, events=[Event.RESOLVED])
    [shown] = await api.get("/webhooks")
    assert (shown["id"], shown["url"], shown["events"]) == (number, receiver.url, [Event.RESOLVED])
    assert "secret" not in shown
    await api.post(f"/webhooks/{number}/ping", status=202)
    await api.story.until(lambda: receiver.types == ["webhook.ping"])
    await api.story.settled()
    [tried] = await api.get(f"/webhooks/{number}/deliveries")
    assert (tried["status"], tried["error"], tried["message_id"]) == (204, None, receiver.ids[0])
    refused = await api.post(f"/webhooks/{number}/enable", status=409)
    assert "enabled already" in refused["detail"]
    assert (await api.client.delete(f"/webhooks/{number}")).status_code == 204
    assert await api.get("/webhooks") == []
    assert "unknown-webhook" in (await api.get(f"/webhooks/{number}/deliveries", 404))["type"]


async def test_what_cannot_be_added(api: Caller) -> None:
    for body, says in (
        ({"url": "ftp://example.com/"}, "must start with"),
        ({"url": "no address"}, "blanks"),
        ({"url": "http://127.0.0.1/", "events": ["ticket.made"]}, "ticket.created"),
        ({"url": "http://127.0.0.1/", "secret": "mine"}, "secret"),
    ):
        assert says in (await api.post("/webhooks", body, 422))["detail"]


async def test_an_address_inside_is_refused(open_api: OpenApi) -> None:
    """As long as no setting allows it."""
    admin = await open_api()
    refused = await admin.post("/webhooks", {"url": "https://localhost/"}, 422)
    assert "WEBHOOKS_TO_PRIVATE_ADDRESSES" in refused["detail"]
    assert refused["errors"][0]["field"] == "body.url"


async def test_who_may_add_one(api: Caller) -> None:
    writer, admin = api.another(Scope.READ, Scope.WRITE), api.another(Scope.ADMIN)
    body = {"url": "https://127.0.0.1/"}
    for method, path in (
        ("POST", "/webhooks"),
        ("GET", "/webhooks"),
        ("DELETE", "/webhooks/1"),
        ("POST", "/webhooks/1/enable"),
        ("POST", "/webhooks/1/ping"),
        ("GET", "/webhooks/1/deliveries"),
    ):
        refused = await writer.client.request(method, path, json=body if method == "POST" else None)
        assert (refused.status_code, "scope admin" in refused.text) == (403, True)
    refused = await admin.post("/webhooks", {**body, "private": True}, 403)
    assert "scope private" in refused["detail"]
