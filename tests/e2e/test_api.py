"""The REST API: who is let in, and what comes of a ticket that another system hands in."""

import asyncio
import statistics
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from bot.sandbox import sample
from core import tokens
from core.caller import Scope
from storage.tables import ApiToken, Job, JobState, utcnow
from tests.e2e.calling import Caller, contact_of
from tests.e2e.conftest import OpenApi
from tests.e2e.story import wording


async def test_a_ticket_from_elsewhere_gets_its_card(api: Caller) -> None:
    made = await api.open(source="web", contact={"name": "Eve", "email": " Eve@X.example "})
    assert made["status"] == "new"
    assert made["contact"]["email"] == "eve@x.example"
    card = await api.story.card(says="Reply draft")
    assert "From Eve · opened by Web form" in wording(card)
    assert "over the API: web" in wording(card)
    found = await api.get(f"/tickets/{made['id']}")
    assert (found["triage_status"], found["category"]) == ("completed", "access")
    assert found["card_url"].startswith("https://acme.slack.com/archives/")
    await api.story.settled()
    assert all(each.ok for each in api.story.sandbox.traffic.calls())


async def test_somebody_in_slack_is_answered_there(sqlite_api: Caller) -> None:
    api = sqlite_api
    await api.story.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    await api.story.submit(sample.ANA, title="A", details="B", email="ana@acme.example")
    made = await api.open("my mouse is dead", contact={"email": "ana@acme.example"})
    assert made["contact"]["id"] == contact_of(api.story, sample.ANA).id
    await api.story.receipt(says="Ticket #2")


async def test_no_answer_waits_for_a_delayed_acknowledgement_of_tcp(sqlite_api: Caller) -> None:
    """Each would take 40 ms, however fast the machine, once the connection has warmed up."""
    took = []
    for _ in range(40):
        started = time.perf_counter()
        await sqlite_api.post("/tickets", {}, 422)
        took.append(time.perf_counter() - started)
    assert statistics.median(took[20:]) < 0.035


async def test_the_same_external_id_is_the_same_ticket(api: Caller) -> None:
    await api.open(source="crm", external_id="A-1")
    again = await api.open("something else", 200, source="crm", external_id="A-1")
    assert (again["id"], again["raw_text"]) == (1, "I cannot log in")
    other = await api.open(source="mail", external_id="A-1")
    assert other["id"] != 1


async def test_of_many_at_once_with_one_external_id_one_is_made(api: Caller) -> None:
    async def hand_in() -> tuple[int, int]:
        body = {"raw_text": "down", "source": "crm", "external_id": "A-1"}
        answer = await api.client.post("/tickets", json=body)
        return answer.status_code, answer.json()["id"]

    said = await asyncio.gather(*(hand_in() for _ in range(8)))
    assert sorted(status for status, _ in said) == [200] * 7 + [201]
    assert len({number for _, number in said}) == 1
    assert len(api.story.tickets()) == 1


@pytest.mark.parametrize("text", ["description", "raw_text"])
async def test_a_title_of_its_own_stays(sqlite_api: Caller, text: str) -> None:
    api = sqlite_api
    made = await api.post("/tickets", {"title": "Help!", text: "The VPN is down"}, 201)
    assert (made["title"], made["raw_text"]) == ("Help!", "The VPN is down")
    assert (made["description"], made["owner_id"]) == ("The VPN is down", made["contact"]["id"])
    await api.story.card(says="Reply draft")
    assert (await api.get("/tickets/1"))["title"] == "Help!"


async def test_no_token_no_answer(sqlite_api: Caller) -> None:
    api = sqlite_api
    del api.client.headers["authorization"]
    for method, path in (("GET", "/tickets/1"), ("POST", "/tickets"), ("GET", "/nothing")):
        refused = await api.client.request(method, path)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "ticketloop token create" in refused.json()["detail"]


async def test_what_a_token_may_do(sqlite_api: Caller) -> None:
    api = sqlite_api
    reader, writer = api.another(Scope.READ), api.another(Scope.WRITE)
    made = await writer.open()
    assert (await reader.get(f"/tickets/{made['id']}"))["id"] == made["id"]
    assert "scope read" in (await writer.get("/tickets/1", 403))["detail"]
    assert "scope write" in (await reader.open(status=403))["detail"]
    tried = [each.details["tried"] for each in reader.story.audit("denied")]
    assert tried == ["read_ticket", "open_ticket"]


async def test_another_token_is_good_as_long_as_it_is_neither_revoked_nor_expired(
    sqlite_api: Caller,
) -> None:
    api = sqlite_api
    soon = utcnow() + timedelta(hours=1)
    other = api.another(Scope.READ, name="short", expires_at=soon)
    await other.get("/tickets")
    with time_machine.travel(soon, tick=True):
        assert "expired" in (await other.get("/tickets", 401))["detail"]
    await other.get("/tickets")
    with api.story.database.writing() as session:
        token = session.scalars(select(ApiToken).where(ApiToken.name == "short")).one()
        tokens.revoke(session, workspace_id=token.workspace_id, name="short")
        assert token.last_used_at is not None
    assert "revoked" in (await other.get("/tickets", 401))["detail"]


async def test_too_many_requests_in_a_minute(open_api: OpenApi) -> None:
    api = await open_api(api_requests_per_minute=3)
    # Not far from now: the scheduler goes through every moment that it seems to have missed.
    soon = (utcnow() + timedelta(minutes=1)).replace(second=20, microsecond=0)
    with time_machine.travel(soon, tick=False) as clock:
        left = []
        for _ in range(3):
            answer = await api.client.get("/tickets")
            assert answer.headers["ratelimit-policy"] == '"token";q=3;w=60'
            left.append(answer.headers["ratelimit"])
        assert left == ['"token";r=2;t=40', '"token";r=1;t=40', '"token";r=0;t=40']
        refused = await api.client.get("/tickets")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
        await api.another(Scope.READ).get("/tickets")  # whose minute is their own
        clock.shift(40)
        await api.get("/tickets")


async def test_the_same_key_is_the_same_answer(api: Caller) -> None:
    first = await api.post("/tickets", {"raw_text": "down"}, 201, key="k-1")
    assert await api.post("/tickets", {"raw_text": "down"}, 201, key="k-1") == first
    other = await api.post("/tickets", {"raw_text": "up"}, 422, key="k-1")
    assert other["type"].endswith("key-reused")
    await api.post("/tickets", {"raw_text": ""}, 422, key="k-2")
    await api.post("/tickets", {"raw_text": "up"}, 201, key="k-2")  # nothing was done before
    assert [each.raw_text for each in api.story.tickets()] == ["down", "up"]


async def test_the_same_key_many_times_at_once(api: Caller) -> None:
    asking = (api.post("/tickets", {"raw_text": "x"}, 201, key="k") for _ in range(8))
    said = await asyncio.gather(*asking)
    assert len({each["id"] for each in said}) == 1
    assert len(api.story.tickets()) == 1


async def test_lists_are_read_in_pages_that_stay(api: Caller) -> None:
    await api.post("/tickets/batch", [{"raw_text": f"no {n}"} for n in range(5)], 207)
    first = await api.get("/tickets", limit=2)
    await api.open("a new one")
    second = await api.get("/tickets", limit=2, cursor=first["next_cursor"])
    third = await api.get("/tickets", limit=2, cursor=second["next_cursor"])
    numbers = [each["id"] for page in (first, second, third) for each in page["items"]]
    assert numbers == [5, 4, 3, 2, 1]
    assert third["next_cursor"] is None
    bad = await api.get("/tickets", 400, cursor=first["next_cursor"], status="new")
    assert bad["type"].endswith("bad-cursor")


async def test_a_list_is_narrowed_down(api: Caller) -> None:
    story = api.story
    await story.posted(sample.HELP, "the VPN is down")
    await story.card(says="Reply draft")
    await api.open("I cannot log in 100%", source="web", external_id="7", priority="urgent")
    await story.settled()
    await api.patch("/tickets/2/claim")
    me = (await api.get("/tickets/2"))["assignee"]["id"]

    async def numbers(**filters: Any) -> list[int]:
        return [each["id"] for each in (await api.get("/tickets", **filters))["items"]]

    assert await numbers() == [2, 1]
    assert await numbers(status="open") == [2]
    assert await numbers(triage_status="completed") == [2, 1]
    assert await numbers(category="network") == [1]
    assert await numbers(priority="urgent") == [2]
    assert await numbers(assignee="none") == [1]
    assert await numbers(assignee=me) == [2]
    assert await numbers(source="web", external_id="7") == [2]
    assert await numbers(text="vpn") == [1]
    assert await numbers(text="100%") == [2]
    assert await numbers(since=story.tickets()[1].created_at.isoformat()) == [2]
    assert await numbers(since="2099-01-01T00:00:00Z") == []
    assert "query.colour" in (await api.get("/tickets", 422, colour="red"))["detail"]


async def test_an_answer_to_nobody_in_slack_is_fetched(sqlite_api: Caller) -> None:
    api = sqlite_api
    await api.open(contact={"name": "Eve", "email": "eve@x.example"})
    card = await api.story.card(says="Reply draft")
    await api.story.click(sample.BEN, card, "approve")
    card = await api.story.card(says="For pick-up over the API")
    said = (await api.get("/tickets/1/messages"))["items"]
    assert [each["role"] for each in said] == ["requester", "agent"]
    assert said[1]["reply"]["delivery"] == "ready"
    assert said[1]["reply"]["approved_by"]["slack_user_id"] == sample.BEN
    await api.story.choose(sample.BEN, card, "Take back")
    await api.story.card(says="it may have been fetched over the API")
    taken = (await api.get("/tickets/1/messages"))["items"][1]
    assert (taken["text"], taken["reply"]["taken_back_at"] is None) == ("", False)
    await api.story.settled()
    failed = select(Job.last_error).where(Job.state == JobState.FAILED)
    assert api.story.rows(lambda session: session.scalars(failed).all()) == []


async def test_of_two_approvals_one_is_told_of_the_other(api: Caller) -> None:
    await api.open()
    result = await api.post("/tickets/1/process", wait=30)
    other = api.another(Scope.WRITE, name="Script")
    approval = {"result_id": result["id"], "text": "Try again."}
    said = await asyncio.gather(
        *(each.client.post("/tickets/1/approve", json=approval) for each in (api, other))
    )
    assert sorted(each.status_code for each in said) == [200, 409]
    refused = next(each.json() for each in said if each.status_code == 409)
    sent = next(each.json() for each in said if each.status_code == 200)
    assert refused["approved_by"] == sent["approved_by"]["name"]
    assert refused["approved_at"][:19] == sent["approved_at"][:19]
    assert [each.text for each in api.story.answers()] == ["Try again."]


async def test_what_is_newer_than_the_draft_must_have_been_read(api: Caller) -> None:
    await api.open()
    result = await api.post("/tickets/1/process", wait=30)
    await api.post(
        "/tickets/1/messages",
        {"role": "requester", "visibility": "public", "text": "It works again!"},
        201,
    )
    approval = {"result_id": result["id"]}
    refused = await api.post("/tickets/1/approve", approval, 409)
    assert [each["text"] for each in refused["news"]] == ["It works again!"]
    seen = refused["seen"]
    for made_up in (
        {"message_id": seen["message_id"] + 1},
        {**seen, "edited_at": "2999-01-01T00:00:00Z"},
    ):
        beyond = await api.post("/tickets/1/approve", {**approval, "seen": made_up}, 422)
        assert beyond["errors"][0]["field"] == "body.seen"
        assert "is beyond" in beyond["detail"]
    assert api.story.answers() == []
    await api.post("/tickets/1/approve", {**approval, "seen": seen})


async def test_an_edit_that_is_newer_than_the_draft_must_have_been_read(api: Caller) -> None:
    story = api.story
    asked = await story.posted(sample.HELP, "my mouse is dead")
    result = await api.post("/tickets/1/process", wait=30)
    await story.people.edit(sample.ANA, sample.HELP, asked, "my cat is dead")
    await story.until(lambda: story.tickets()[0].raw_text == "my cat is dead")
    approval = {"result_id": result["id"]}
    seen = (await api.post("/tickets/1/approve", approval, 409))["seen"]
    assert seen["edited_at"] is not None
    later = {**seen, "edited_at": (utcnow() + timedelta(seconds=1)).isoformat()}
    beyond = await api.post("/tickets/1/approve", {**approval, "seen": later}, 422)
    assert seen["edited_at"] in beyond["detail"]
    await api.post("/tickets/1/approve", {**approval, "seen": seen})


async def test_who_says_no_role_sends_nothing_out(sqlite_api: Caller) -> None:
    api = sqlite_api
    await api.open()
    for visibility, role in (("public", "requester"), ("internal", "agent")):
        said = await api.post(
            "/tickets/1/messages", {"visibility": visibility, "text": "And now?"}, 201
        )
        assert (said["role"], said["visibility"], said["reply"]) == (role, visibility, None)
    assert api.story.answers() == []


async def test_a_token_may_act_as_an_agent(sqlite_api: Caller) -> None:
    api = sqlite_api
    story = api.story
    as_ben = api.another(Scope.WRITE, Scope.READ, agent=sample.BEN)
    await as_ben.open()
    result = await as_ben.post("/tickets/1/process", wait=30)
    await as_ben.post("/tickets/1/approve", {"result_id": result["id"]})
    await story.card(says="claimed by Ben Okafor")
    await story.people.leave(sample.BEN, sample.TRIAGE)
    await story.until(lambda: not contact_of(story, sample.BEN).is_agent)
    refused = await as_ben.patch("/tickets/1/resolve", status=200)  # it is his own ticket
    assert refused["status"] == "resolved"
    await api.open("of somebody else", contact={"name": "Eve"})
    assert "Only agents" in (await as_ben.patch("/tickets/2/claim", status=403))["detail"]
    await as_ben.get("/tickets/2", 404)
    assert [each["id"] for each in (await as_ben.get("/tickets"))["items"]] == [1]


async def test_without_the_scope_private_tickets_do_not_exist(sqlite_api: Caller) -> None:
    api = sqlite_api
    made = await api.open("my salary", private=True)
    number = made["id"]
    other = api.another(Scope.READ, Scope.WRITE, Scope.ADMIN)
    unknown = await other.get("/tickets/99", 404)
    for path in ("", "/messages", "/timeline", "/result", "/model-calls"):
        hidden = await other.get(f"/tickets/{number}{path}", 404)
        assert hidden == {**unknown, "detail": unknown["detail"].replace("99", str(number))}
    assert (await other.get("/tickets"))["items"] == []
    await other.patch(f"/tickets/{number}/claim", status=404)
    await other.open("my salary", 403, private=True)
    await api.open("mine", source="crm", external_id="P-1", private=True)
    taken = await other.open("mine, too", 409, source="crm", external_id="P-1")
    assert taken["type"].endswith("external-id-taken")
    assert (await api.get(f"/tickets/{number}"))["private"]


async def test_what_was_handed_over_is_known(sqlite_api: Caller) -> None:
    api = sqlite_api
    await api.open()
    await api.patch(
        "/tickets/1/handover", {"to_person": sample.BEN, "summary": "<!channel> *look*"}
    )
    await api.story.card(says="Handed over")
    found = await api.get("/tickets/1")
    assert (found["is_transferred"], found["assignee"]["name"]) == (True, "Ben Okafor")
    assert found["handover_summary"] == "<!channel> *look*"
    nobody = {"to_person": "U0NOBODY", "summary": "x"}
    assert "body.to_person" in str(await api.patch("/tickets/1/handover", nobody, 422))
