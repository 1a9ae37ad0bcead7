"""Who may do what over the API: one row for each call, one column for each kind of token.

The API is one more surface of what test_rights.py walks through in Slack: the same tickets and
agents, and tokens that take away from what their holder may do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from bot.sandbox import sample
from core import webhooks
from core.caller import Scope
from storage.tables import WebhookDelivery
from tests.e2e.calling import Caller
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story
from tests.fixtures.ports import free_port

READ, WRITE, ADMIN, PRIVATE = Scope
AGENT, OUTSIDER = sample.BEN, sample.CY  # in the channel of private tickets, and not


@dataclass(frozen=True)
class Call:
    """A call with the scope that it needs, and whether it is about ticket #1."""

    scope: Scope
    about_ticket: bool = True
    body: Any = None


MESSAGE = {"role": "agent", "visibility": "internal", "text": "a note"}
HANDOVER = {"to_person": AGENT, "summary": "all of it"}

CALLS: dict[str, Call] = {
    "GET /tickets": Call(READ, about_ticket=False),
    "POST /tickets": Call(WRITE, about_ticket=False, body={"raw_text": "my mouse is dead"}),
    "POST /tickets/batch": Call(WRITE, about_ticket=False, body=[{"raw_text": "my cat"}]),
    "GET /tickets/{number}": Call(READ),
    "GET /tickets/{number}/messages": Call(READ),
    "GET /tickets/{number}/timeline": Call(READ),
    "GET /tickets/{number}/result": Call(READ),
    "GET /tickets/{number}/model-calls": Call(READ),
    "POST /tickets/{number}/messages": Call(WRITE, body=MESSAGE),
    "POST /tickets/{number}/process": Call(WRITE),
    "POST /tickets/{number}/approve": Call(WRITE, body={"result_id": 1}),
    "PATCH /tickets/{number}/claim": Call(WRITE),
    "PATCH /tickets/{number}/handover": Call(WRITE, body=HANDOVER),
    "PATCH /tickets/{number}/resolve": Call(WRITE),
    "PATCH /tickets/{number}/reopen": Call(WRITE),
    "POST /triage-jobs/batch": Call(WRITE, about_ticket=False),
    "GET /triage-jobs/batch/{number}": Call(READ, about_ticket=False),
    "GET /webhooks": Call(ADMIN, about_ticket=False),
    "POST /webhooks": Call(ADMIN, about_ticket=False, body={"url": "https://127.0.0.1/"}),
    "DELETE /webhooks/{number}": Call(ADMIN, about_ticket=False),
    "POST /webhooks/{number}/enable": Call(ADMIN, about_ticket=False),
    "POST /webhooks/{number}/ping": Call(ADMIN, about_ticket=False),
    "GET /webhooks/{number}/deliveries": Call(ADMIN, about_ticket=False),
}


@dataclass(frozen=True)
class Holder:
    """Who holds a token with those scopes, and whether private tickets exist for them."""

    scopes: tuple[Scope, ...]
    agent: str | None = None
    sees_private: bool = False


HOLDERS: Mapping[str, Holder] = {
    "reads": Holder((READ,)),
    "writes": Holder((WRITE,)),
    "administers": Holder((ADMIN,)),
    "sees private and nothing else": Holder((PRIVATE,)),
    "does all but private": Holder((READ, WRITE, ADMIN)),
    "does everything": Holder(tuple(Scope), sees_private=True),
    "is an agent": Holder(tuple(Scope), AGENT, sees_private=True),
    "is an agent outside": Holder(tuple(Scope), OUTSIDER),
    "is an agent who keeps private out": Holder((READ, WRITE, ADMIN), AGENT),
}


async def opened(open_private: OpenStory, *, private: bool) -> Story:
    """Open a desk with one ticket of Ana's, which is triaged."""
    story = await open_private(port=free_port())
    if private:
        await story.ask_privately()
    else:
        await story.posted(sample.HELP, "my salary is wrong")
    await story.card(says="Reply draft", channel=DISCREET if private else sample.TRIAGE)
    await story.settled()
    return story


@pytest.mark.parametrize("private", [False, True])
async def test_who_may_call_what(open_private: OpenStory, *, private: bool) -> None:
    story = await opened(open_private, private=private)
    everything = Caller(story)
    served = (await everything.client.get(_origin(story) + "/openapi.json")).json()["paths"]
    assert CALLS.keys() == {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in served.items()
        for method in methods
        if path.startswith("/api/v1")
    }
    for kind, holder in HOLDERS.items():
        caller = everything.another(*holder.scopes, agent=holder.agent, name=kind)
        for name, call in CALLS.items():
            is_hidden = private and call.about_ticket and not holder.sees_private
            await _called(caller, f"{kind}: {name}", call, holder, is_hidden=is_hidden)
    await everything.close()


async def _called(
    caller: Caller, name: str, call: Call, holder: Holder, *, is_hidden: bool
) -> None:
    """Call it, and look at what is answered and what is written down."""
    before = len(caller.story.audit("denied"))
    method, _, path = name.rpartition(": ")[2].partition(" ")
    answer = await caller.client.request(method, path.replace("{number}", "1"), json=call.body)
    denied = caller.story.audit("denied")[before:]
    if call.scope not in holder.scopes:
        assert answer.status_code == 403, name
        assert f"scope {call.scope}" in answer.json()["detail"]
        assert len(denied) == 1, name
    elif is_hidden:
        assert answer.status_code == 404, name
        assert answer.json()["type"].endswith("unknown-ticket")
        assert [each.ticket_id for each in denied] == [1], name
        assert denied[0].surface == "api"
    else:
        assert answer.status_code not in {401, 403, 500}, (name, answer.text)
        assert not (call.about_ticket and answer.status_code == 404), name
        assert denied == [], name


async def test_who_is_no_agent_any_more(open_private: OpenStory) -> None:
    """Their token goes with them: over the API as in Slack they have their own tickets."""
    story = await opened(open_private, private=False)
    caller = Caller(story, agent=AGENT)
    await caller.get("/webhooks")
    await story.people.leave(AGENT, sample.TRIAGE)
    await story.settled()
    own = await caller.open("my own")
    for name, call in CALLS.items():
        if not call.about_ticket and call.scope is not ADMIN:
            continue
        method, _, path = name.partition(" ")
        answer = await caller.client.request(method, path.replace("{number}", "1"), json=call.body)
        assert answer.status_code in {403, 404}, name
    assert [each["id"] for each in (await caller.get("/tickets"))["items"]] == [own["id"]]
    await caller.close()


async def test_webhooks_tell_nobody_of_private_tickets_whom_they_do_not_exist_for(
    open_private: OpenStory,
) -> None:
    story = await opened(open_private, private=True)
    everything = Caller(story)
    told = {"url": "https://198.51.100.1/", "private": True}
    outsider = everything.another(*Scope, agent=OUTSIDER)
    assert "channel of private" in (await outsider.post("/webhooks", told, 403))["detail"]
    ours = story.tickets()[0].workspace_id
    with story.database.writing() as session:
        endpoint = webhooks.add(session, workspace_id=ours, url="https://a.example", private=True)
        for ticket_id in (1, None):
            session.add(
                WebhookDelivery(
                    workspace_id=ours,
                    endpoint_id=endpoint.id,
                    ticket_id=ticket_id,
                    message_id="msg_1",
                    event="webhook.ping",
                    attempt=1,
                    duration_ms=5,
                )
            )
    log = f"/webhooks/{endpoint.id}/deliveries"
    assert [each["ticket_id"] for each in await everything.get(log)] == [None, 1]
    for other in (outsider, everything.another(ADMIN)):
        assert [each["ticket_id"] for each in await other.get(log)] == [None]
    await everything.close()


async def test_without_a_token(open_private: OpenStory) -> None:
    story = await opened(open_private, private=False)
    caller = Caller(story)
    for headers in ({}, {"authorization": "Bearer tl_wrong"}, {"authorization": "Basic YTpi"}):
        caller.client.headers.pop("authorization", None)
        for name, call in CALLS.items():
            method, _, path = name.partition(" ")
            answer = await caller.client.request(
                method, path.replace("{number}", "1"), json=call.body, headers=headers
            )
            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"] == "Bearer"
    await caller.close()


def _origin(story: Story) -> str:
    return f"http://127.0.0.1:{story.settings.port}"
