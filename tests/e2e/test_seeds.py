"""Each of the five programs that this one grew from told a story. All of them are played here.

Over HTTP, against the program as it runs, with an eye on the card in Slack.
"""

import pytest
from starlette.responses import Response

from bot.sandbox import sample
from core.settings import Settings
from tests.e2e.calling import Caller
from tests.e2e.conftest import OpenApi
from tests.e2e.story import wording
from tests.fakes import openai_failures as failures
from tests.fakes.openai_behaviours import Asked, answer, triage
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.receiver import receiving


async def test_register_process_force_result(api: Caller) -> None:
    """The first: inquiries are kept, and a result is made once unless it is forced."""
    made = await api.post(
        "/tickets",
        {"raw_text": "I cannot login to my account. Please help.", "source": "email"},
        201,
    )
    assert (made["id"], made["status"], made["source"]) == (1, "new", "email")
    assert (await api.get("/tickets/1"))["raw_text"] == made["raw_text"]
    first = await api.post("/tickets/1/process", wait=30)
    assert first["summary"]
    assert first["category"] == "access"
    assert first["reply_draft"]
    assert await api.post("/tickets/1/process") == first
    forced = await api.post("/tickets/1/process", wait=30, force=True)
    assert forced["id"] > first["id"]
    assert await api.get("/tickets/1/result") == forced
    card = await api.story.card(says=forced["reply_draft"].splitlines()[0])
    assert "over the API: email" in wording(card)


async def test_what_the_model_did_is_on_record(open_api: OpenApi, model: FakeOpenAI) -> None:
    """The second: a real model, its prompt's version, its request's id, its tokens."""
    model.default = answer(triage)
    api = await open_api(openai_base_url=model.base_url, openai_model="gpt-5-mini")
    await api.open("I cannot login to my account. Please help.", source="email")
    result = await api.post("/tickets/1/process", wait=30)
    assert (result["model"], result["prompt_version"]) == ("gpt-5-mini", "v1")
    [call] = (await api.get("/tickets/1/model-calls"))["items"]
    assert call["id"] == result["model_call_id"]
    assert (call["request_id"], call["prompt_version"]) == ("req-1", "triage/v1")
    assert call["latency_ms"] >= 0
    tokens = ("input_tokens", "output_tokens", "total_tokens", "cached_tokens")
    assert [call[name] for name in tokens] == [1000, 200, 1200, 400]
    await api.story.card(says="By gpt-5-mini · prompt v1")


async def test_create_in_batch_and_triage_in_batch_with_failures(
    open_api: OpenApi, model: FakeOpenAI
) -> None:
    """The third: many at once, triaged in parallel; what failed is taken up again as a batch."""
    good, bad = answer(triage), failures.wrong_key()

    async def moody(asked: Asked) -> Response:
        return await (bad if "Checkout" in asked.user else good)(asked)

    model.default = moody
    api = await open_api(openai_base_url=model.base_url, openai_model="gpt-5-mini")
    body = [
        {
            "title": "Checkout returns 500",
            "description": "Client reports error when paying and cannot finish checkout.",
            "external_id": "ABC-123",
        },
        {"title": "VPN", "description": "The VPN is down.", "external_id": "ABC-124"},
        {"description": "It has no title.", "external_id": "ABC-125"},
    ]
    created, other, wrong = (await api.post("/tickets/batch", body, 207))["results"]
    assert (created["status"], created["external_id"]) == ("CREATED", "ABC-123")
    assert other["owner_id"] == created["owner_id"]
    assert (wrong["status"], wrong["problem"]["status"]) == ("ERROR", 422)
    await api.story.settled()
    assert (await api.get(f"/tickets/{other['ticket_id']}"))["triage_status"] == "completed"
    failed = await api.get(f"/tickets/{created['ticket_id']}")
    assert failed["triage_status"] == "failed"
    assert failed["title"] == "Checkout returns 500"
    await _a_card(api, "Checkout returns 500", "Triage failed")

    model.default = good
    queued = await api.post("/triage-jobs/batch", status=202)
    assert (queued["status"], queued["batch"]["total_items"]) == ("QUEUED", 1)
    await api.story.settled()
    progress = await api.get(f"/triage-jobs/batch/{queued['batch']['id']}")
    assert (progress["state"], progress["done"], progress["failed"]) == ("done", 1, 0)
    assert await api.post("/triage-jobs/batch", status=202) == {
        "status": "EMPTY",
        "batch": None,
        "total_items": 0,
    }
    calls = (await api.get(f"/tickets/{created['ticket_id']}/model-calls"))["items"]
    assert calls[-1]["outcome"] == "answered"
    assert all(each["error"] for each in calls[:-1])
    await _a_card(api, "Checkout returns 500", "Reply draft")


async def _a_card(api: Caller, *parts: str) -> None:
    """Wait until there is a card that says all of that; which one comes first, nobody knows."""
    await api.story.until(
        lambda: any(all(part in wording(card) for part in parts) for card in api.story.cards())
    )


async def test_a_conversation_its_log_a_handover_and_its_end(api: Caller) -> None:
    """The fourth: a call is opened, logged line by line with role and state, passed on, ended."""
    await api.story.posted(sample.HELP, "hello", user=sample.DEE)
    await api.story.settled()
    opened = await api.open(
        "こんにちは", source="call", external_id="call-123", contact={"name": "client-001"}
    )
    log = f"/tickets/{opened['id']}/messages"
    lines = [
        ("participant", "public", "お電話ありがとうございます"),
        ("requester", "public", "ログインできません"),
        ("agent", "internal", "caller is verified"),
    ]
    for role, visibility, text in lines:
        said = await api.post(log, {"role": role, "visibility": visibility, "text": text}, 201)
        assert (said["role"], said["text"], said["ticket_status"]) == (role, text, "new")
    again = await api.open("x", 200, source="call", external_id="call-123")
    assert again["id"] == opened["id"]
    passed = await api.patch(
        f"/tickets/{opened['id']}/handover",
        {"to_person": sample.BEN, "summary": "Verified; cannot log in since today."},
    )
    assert passed["is_transferred"]
    assert passed["handover_summary"] == "Verified; cannot log in since today."
    card = await api.story.card(says="Verified; cannot log in since today.")
    ended = await api.patch(f"/tickets/{opened['id']}/resolve")
    assert ended["status"] == "resolved"
    told = (await api.get(log))["items"]
    assert [each["text"] for each in told] == ["こんにちは", *(text for *_, text in lines)]
    assert [each["role"] for each in told] == ["requester", *(role for role, *_ in lines)]
    await api.story.card(says="Resolved")
    await api.story.settled()
    copies = [wording(each) for each in api.story.thread(sample.TRIAGE, card.ts)]
    for _, _, text in lines:
        assert sum(text in copy for copy in copies) == 1
    actions = [each["action"] for each in (await api.get("/tickets/2/timeline"))["items"]]
    assert [each for each in actions if each != "triaged"] == [
        "opened",
        "added",
        "added",
        "noted",
        "handed_over",
        "resolved",
    ]


async def test_create_with_a_contact_list_resolve_and_the_webhook(open_api: OpenApi) -> None:
    """The fifth: a ticket comes with who asks, is listed, resolved, and others hear of it."""
    api = await open_api(webhooks_to_private_addresses=True)
    async with receiving() as receiver:
        receiver.secret = (await api.post("/webhooks", {"url": receiver.url}, 201))["secret"]
        made = await api.open(
            "<b>My invoice</b> is wrong", contact={"name": "Ada", "email": " Ada@Example.COM "}
        )
        assert made["contact"]["email"] == "ada@example.com"
        assert made["raw_text"] == "<b>My invoice</b> is wrong"
        [listed] = (await api.get("/tickets"))["items"]
        assert (listed["id"], listed["contact"]["name"]) == (made["id"], "Ada")
        await api.story.card(says="Reply draft")
        resolved = await api.patch(f"/tickets/{made['id']}/resolve")
        assert resolved["resolved_by"]["name"] == "Web form"
        await api.story.card(says="Resolved")
        assert [each["id"] for each in (await api.get("/tickets", status="resolved"))["items"]] == [
            made["id"]
        ]
        await api.story.until(lambda: len(receiver.types) == 3)
        assert receiver.types == ["ticket.created", "ticket.triaged", "ticket.resolved"]
        assert receiver.forged == 0


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_whether_it_is_alive(api: Caller, path: str) -> None:
    settings: Settings = api.story.settings
    found = await api.client.get(f"http://127.0.0.1:{settings.port}{path}")
    assert found.status_code == 200
