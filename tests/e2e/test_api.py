"""The REST API: who is let in, and what comes of a ticket that another system hands in."""

import asyncio

from bot.sandbox import sample
from core.caller import Scope
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


async def test_somebody_in_slack_is_answered_there(api: Caller) -> None:
    await api.story.people.slash(sample.ANA, sample.GENERAL, "/ticket")
    await api.story.submit(sample.ANA, title="A", details="B", email="ana@acme.example")
    made = await api.open("my mouse is dead", contact={"email": "ana@acme.example"})
    assert made["contact"]["id"] == contact_of(api.story, sample.ANA).id
    await api.story.receipt(says="Ticket #2")


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


async def test_a_title_of_its_own_stays(api: Caller) -> None:
    made = await api.post("/tickets", {"title": "Help!", "description": "The VPN is down"}, 201)
    assert (made["title"], made["raw_text"]) == ("Help!", "The VPN is down")
    await api.story.card(says="Reply draft")
    assert (await api.get("/tickets/1"))["title"] == "Help!"


async def test_no_token_no_answer(api: Caller) -> None:
    del api.client.headers["authorization"]
    for method, path in (("GET", "/tickets/1"), ("POST", "/tickets"), ("GET", "/nothing")):
        refused = await api.client.request(method, path)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "ticketloop token create" in refused.json()["detail"]


async def test_what_a_token_may_do(call: OpenApi) -> None:
    reader, writer = call(Scope.READ, name="reader"), call(Scope.WRITE, name="writer")
    made = await writer.open()
    assert (await reader.get(f"/tickets/{made['id']}"))["id"] == made["id"]
    assert "scope read" in (await writer.get("/tickets/1", 403))["detail"]
    assert "scope write" in (await reader.open(status=403))["detail"]
    tried = [each.details["tried"] for each in reader.story.audit("denied")]
    assert tried == ["read_ticket", "open_ticket"]
