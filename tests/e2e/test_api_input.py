"""What is sent to the API that cannot be used, and what is used although it looks dangerous."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.sandbox import sample
from core import submissions
from core.caller import Scope
from tests.e2e.calling import Caller, checked
from tests.e2e.story import wording
from tests.e2e.test_untrusted_text import DIRTY, NASTY, controls, everything, links

SQL = "'; DROP TABLE tickets; --"
ACME = "https://acme.slack.com/archives/"
HTML = "<script>alert(1)</script><b>&amp;</b>"


@pytest.fixture
def api(sqlite_api: Caller) -> Caller:
    """The API of a desk on SQLite."""
    return sqlite_api


async def test_markup_in_every_field_arrives_as_text(api: Caller) -> None:
    nasty = f"{NASTY} {HTML} {SQL}"
    await api.story.posted(sample.HELP, "hello")
    made = await api.post(
        "/tickets",
        {
            "title": nasty[:150],
            "description": f"{nasty} {DIRTY}",
            "source": "<!here> *web*",
            "external_id": SQL + HTML,
            "contact": {"name": "<@U0BEN000001> *E*"[:80], "email": "eve@x.example"},
        },
        201,
    )
    number = made["id"]
    assert made["raw_text"] == f"{nasty} abcde"
    assert (made["source"], made["external_id"]) == ("<!here> *web*", SQL + HTML)
    log = f"/tickets/{number}/messages"
    for role, visibility in (
        ("requester", "public"),
        ("participant", "public"),
        ("agent", "internal"),
        ("agent", "public"),
    ):
        entry = {"role": role, "visibility": visibility, "text": f"{nasty} {DIRTY}"}
        said = await api.post(log, entry, 201)
        assert said["text"] == f"{nasty} abcde"
    await api.patch(f"/tickets/{number}/handover", {"to_person": sample.ANA, "summary": nasty})
    assert (await api.get(f"/tickets/{number}"))["handover_summary"] == nasty
    assert [each["id"] for each in (await api.get("/tickets", text=SQL))["items"]] == [number]
    await api.patch(f"/tickets/{number}/resolve")
    messages = await everything(api.story)
    for message in messages:
        for control in controls(message):  # whoever takes over is named, and nobody else
            target, _, label = control.partition("|")
            is_open = target.startswith("https://") and label in {"", target}
            is_ours = target.startswith(("!date^", ACME)) or target == f"@{sample.ANA}"
            assert is_open or is_ours, control
        assert all(each["type"] == "link" for each in links(list(message.blocks)))
    assert any(SQL in wording(each) for each in messages)
    assert all(each.ok for each in api.story.sandbox.traffic.calls())


JSON = {"content-type": "application/json"}
BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "no JSON": (b"{", JSON, 400, "not JSON"),
    "nothing": (b"", {}, 422, "body"),
    "no UTF-8": (b'{"raw_text": "\xff\xfe"}', JSON, 400, "UTF-8"),
    "no end": (b"[" * 100_000, JSON, 400, "JSON"),
    "a huge number": (b'{"owner_id": ' + b"9" * 5_000 + b"}", JSON, 400, "JSON"),
    "an id beyond all": (b'{"raw_text": "a", "owner_id": 9223372036854775808}', JSON, 422, "owner"),
    "a lone surrogate": (b'{"raw_text": "\\ud800"}', JSON, 422, "raw_text"),
    "a lone surrogate as a name": (b'{"\\ud800\\u0000": 1}', JSON, 422, "unicode"),
    "only marks": (b'{"raw_text": "\\u0000\\u202e"}', JSON, 422, "There is no text"),
    "a wrong type": (b'{"raw_text": 7}', JSON, 422, "valid string"),
    "a list": (b"[]", JSON, 422, "body"),
    "another field": (b'{"raw_text": "a", "priorty": "low"}', JSON, 422, "priorty"),
    "too long a text": (b'{"raw_text": "' + b"a" * 40_001 + b'"}', JSON, 422, "40000"),
    "no address": (b'{"raw_text": "a", "contact": {"email": "x"}}', JSON, 422, "contact.email"),
    "nobody": (b'{"raw_text": "a", "owner_id": 999}', JSON, 422, "no contact"),
    "no text": (b'{"description": "a"}', JSON, 422, "give raw_text"),
    "two texts": (b'{"raw_text": "a", "description": "b"}', JSON, 422, "either raw_text"),
    "a form": (b"raw_text=a", {"content-type": "application/x-www-form-urlencoded"}, 415, "JSON"),
    "10 MB": (b'{"raw_text": "' + b"a" * 10_000_000 + b'"}', JSON, 413, "1.0 MB"),
}


async def test_what_cannot_be_read(api: Caller) -> None:
    for name, (body, headers, status, says) in BODIES.items():
        answer = await api.client.post("/tickets", content=body, headers=headers)
        problem = checked(answer, status)
        assert says in str(problem), (name, problem)
        assert "Value error" not in str(problem)  # pydantic's way to introduce what we say
        assert problem["status"] == status
        assert problem["title"]
    assert api.story.tickets() == []


async def test_one_of_many_with_an_id_that_cannot_be_repeated(api: Caller) -> None:
    body = b'[{"raw_text": "a"}, {"raw_text": "b", "external_id": "\\ud800-7"}]'
    answer = await api.client.post("/tickets/batch", content=body, headers=JSON)
    made, failed = checked(answer, 207)["results"]
    assert made["status"] == "CREATED"
    assert (failed["status"], failed["external_id"]) == ("ERROR", "-7")
    assert failed["problem"]["errors"][0]["field"] == "body.external_id"


async def test_a_body_that_does_not_say_how_long_it_is(api: Caller) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"a" * 100_000

    answer = await api.client.post("/tickets", content=endless(), headers=JSON)
    assert checked(answer, 413)["type"].endswith("too-large")


async def test_odd_addresses(api: Caller) -> None:
    for path, status in (
        ("/tickets/0", 422),
        ("/tickets/-1", 422),
        ("/tickets/1e3", 422),
        ("/tickets/3000000000", 404),
        ("/tickets/9223372036854775808", 404),
        ("/tickets/" + "9" * 5_000, 422),
        ("/tickets?limit=0", 422),
        ("/tickets?since=yesterday", 422),
        ("/tickets?since=7", 422),
        ("/tickets?since=0001-01-01T00:00:00%2B14:00", 422),
        ("/tickets?since=9999-12-31T23:59:59-14:00", 422),
        ("/tickets?text=%00%ff", 200),
        ("/tickets?cursor=%F0%9F%98%80", 400),
        ("/tickets?cursor=AAAA", 400),
        ("/nothing", 404),
        ("", 404),
    ):
        checked(await api.client.get(path), status)
    refused = await api.client.put("/tickets/1")
    assert (checked(refused, 405)["status"], refused.headers["allow"]) == (405, "GET")


async def test_a_bug_has_a_number_that_is_in_the_log(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def buggy(*_args: Any, **_kwargs: Any) -> None:
        raise ValueError("a secret")

    monkeypatch.setattr(submissions, "submit", buggy)
    with capture_logs() as logged:
        problem = await api.open(status=500)
    assert [each["incident"] for each in logged if each["event"] == "a bug"] == [
        problem["incident"]
    ]
    assert problem["incident"] in problem["detail"]
    assert "secret" not in str(problem)


async def test_a_database_that_does_not_answer(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("SELECT secret", None, OSError("connection refused"))

    monkeypatch.setattr(submissions, "submit", away)
    answer = await api.client.post("/tickets", json={"raw_text": "a"})
    problem = checked(answer, 503)
    assert answer.headers["retry-after"] == "5"
    assert "secret" not in answer.text
    assert "Try again" in problem["detail"]


async def test_the_documentation_is_read_without_the_internet(api: Caller) -> None:
    origin = f"http://127.0.0.1:{api.story.settings.port}"
    async with httpx.AsyncClient(base_url=origin) as stranger:
        page = await stranger.get("/docs")
        assert page.status_code == 200
        assert "http" not in page.text.replace("http://www.w3.org", "")
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert f"/static-offline-docs/{asset}" in page.text
            assert (await stranger.get(f"/static-offline-docs/{asset}")).status_code == 200
        served = (await stranger.get("/openapi.json")).json()
    problem = served["paths"]["/api/v1/tickets"]["post"]["responses"]["409"]["content"]
    assert problem["application/problem+json"]["schema"]["$ref"].endswith("ProblemDocument")
    assert "ProblemDocument" in served["components"]["schemas"]
    assert "/slack/events" not in served["paths"]


async def test_a_key_that_is_none(api: Caller) -> None:
    api = api.another(Scope.WRITE)
    answer = await api.client.post(
        "/tickets", json={"raw_text": "a"}, headers={"idempotency-key": "k" * 256}
    )
    assert "idempotency-key" in str(checked(answer, 422))
