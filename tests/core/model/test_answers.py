"""The model client against a real HTTP server that misbehaves in every way we know."""

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from core.answer import TriageAnswer
from core.model import ModelClient, ModelReply, Outcome, Repair
from tests.core.model.conftest import KEY, VALID, ask, known_category
from tests.fakes import openai_behaviours as model
from tests.fakes import openai_failures as failing
from tests.fakes.openai_behaviours import USAGE, Behaviour
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_valid_answer_with_all_its_facts(server: FakeOpenAI, client: ModelClient) -> None:
    server.will(model.says(json.dumps(VALID), model="small-2026-01-01"))
    reply = await ask(client, check=known_category)

    assert reply == ModelReply(
        outcome=Outcome.ANSWERED,
        model="small-2026-01-01",
        parsed=TriageAnswer.model_validate(VALID),
        text=json.dumps(VALID),
        request_id="req-1",
        latency_ms=reply.latency_ms,
        input_tokens=1000,
        output_tokens=200,
        total_tokens=1200,
        cached_tokens=400,
        cost=Decimal("0.004"),
    )
    assert 0 <= reply.latency_ms < 5000


async def test_the_request(server: FakeOpenAI, client: ModelClient) -> None:
    await ask(client)

    [asked] = server.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["model"] == "small"
    assert asked.body["messages"] == [
        {"role": "system", "content": "Triage."},
        {"role": "user", "content": "My laptop is broken"},
    ]
    assert asked.body.keys() == {"model", "messages", "response_format"}
    shape = asked.body["response_format"]["json_schema"]
    assert (shape["name"], shape["strict"]) == ("TriageAnswer", True)
    assert shape["schema"]["required"] == list(TriageAnswer.model_fields)
    assert shape["schema"]["additionalProperties"] is False
    assert shape["schema"]["properties"]["title"]["maxLength"] == 150
    assert "description" not in shape["schema"]


@pytest.mark.parametrize(
    ("behaviour", "outcome", "text", "error"),
    [
        pytest.param(model.prose(), "invalid", "I think", "no JSON object", id="prose"),
        pytest.param(model.half_json(), "invalid", '{"title', "no complete JSON", id="half JSON"),
        pytest.param(
            model.unknown_category(), "invalid", "{", "no category astrology", id="category"
        ),
        pytest.param(
            model.endless(), "invalid", "{", "reply_draft: String should have at most", id="endless"
        ),
        pytest.param(model.nothing(), "empty", "", "the answer is empty", id="nothing"),
        pytest.param(model.says(" \n"), "empty", "", "the answer is empty", id="blank"),
        pytest.param(model.says(None), "empty", "", "the answer is empty", id="null"),
        pytest.param(model.no_choices(), "empty", "", "sent no answer", id="no choices"),
        pytest.param(model.refusal(), "refusal", "I cannot help", "declined", id="refusal"),
        pytest.param(model.content_filter(), "refusal", "", "content filter", id="filter"),
        pytest.param(model.length(), "length", '{"title', "cut off", id="length"),
        pytest.param(failing.flood(), "length", "", "cut off after 4,000,000 bytes", id="flood"),
        pytest.param(
            model.no_choices(error={"message": "upstream died"}),
            "unavailable",
            "",
            "upstream died",
            id="error with status 200",
        ),
        pytest.param(
            model.body(b"<html>"), "unavailable", "", "not a chat completion", id="a web page"
        ),
        pytest.param(
            model.body({"choices": [{"message": {"content": [1]}}]}),
            "unavailable",
            "",
            "not a chat completion",
            id="content of the wrong type",
        ),
        pytest.param(failing.rate_limited(), "rate_limited", "", "HTTP 429: Rate limit", id="429"),
        pytest.param(failing.insufficient_quota(), "rejected", "", "quota", id="quota"),
        pytest.param(failing.fails(500, "boom"), "unavailable", "", "HTTP 500: boom", id="500"),
        pytest.param(model.body(b"", 503), "unavailable", "", "HTTP 503", id="503, no body"),
        pytest.param(failing.fails(408, "late"), "timeout", "", "HTTP 408: late", id="408"),
        pytest.param(failing.fails(409, "busy"), "unavailable", "", "HTTP 409", id="409"),
        pytest.param(failing.fails(400, "too long"), "rejected", "", "too long", id="400"),
        pytest.param(failing.fails(403, "no"), "rejected", "", "HTTP 403: no", id="403"),
        pytest.param(failing.fails(404, "no model"), "rejected", "", "no model", id="404"),
        pytest.param(
            model.body({"error": "no such model"}, 404),
            "rejected",
            "",
            "HTTP 404: no such model",
            id="404 in few words",
        ),
        pytest.param(failing.wrong_key(), "rejected", "", "Incorrect API key: [key]", id="401"),
        pytest.param(failing.drop(), "unavailable", "", "closed connection", id="drop"),
    ],
)
async def test_every_misbehaviour_has_its_outcome(
    server: FakeOpenAI,
    client: ModelClient,
    behaviour: Behaviour,
    outcome: str,
    text: str,
    error: str,
) -> None:
    server.will(behaviour)
    reply = await ask(client, check=known_category)

    assert reply.outcome == outcome
    assert reply.parsed is None
    assert reply.text.startswith(text) if text else not reply.text
    assert len(reply.text) <= 20_000
    assert reply.error is not None
    assert error in reply.error
    assert len(reply.error) <= 1_000
    assert KEY not in reply.error
    assert reply.sent
    assert len(server.asked) == 1


async def test_nul_is_left_out(server: FakeOpenAI, client: ModelClient) -> None:
    server.will(model.answer({**VALID, "title": "Lap\x00top"}))
    reply = await ask(client)
    assert reply.parsed is not None
    assert reply.parsed.title == "Laptop"


async def test_the_names_that_a_server_gives_are_bounded(
    server: FakeOpenAI, client: ModelClient
) -> None:
    server.will(model.says(json.dumps(VALID), model="m\x00" * 100_000))
    assert (await ask(client)).model == "m" * 199 + "…"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        pytest.param(None, (None, None, None, None), id="none"),
        pytest.param("lots", (None, None, None, None), id="nonsense"),
        pytest.param({"prompt_tokens": 7}, (7, None, None, None), id="part"),
        pytest.param({**USAGE, "prompt_tokens_details": None}, (1000, 200, 1200, None), id="null"),
        pytest.param({**USAGE, "prompt_tokens": -1}, (None, 200, 1200, 400), id="negative"),
        pytest.param({**USAGE, "prompt_tokens": 2**40}, (None, 200, 1200, 400), id="too many"),
    ],
)
async def test_usage_may_be_missing(
    server: FakeOpenAI, client: ModelClient, usage: object, counted: tuple[int | None, ...]
) -> None:
    server.will(model.answer(VALID, usage=usage))
    reply = await ask(client)

    assert reply.outcome is Outcome.ANSWERED
    found = (reply.input_tokens, reply.output_tokens, reply.total_tokens, reply.cached_tokens)
    assert found == counted
    assert (reply.cost is None) == (None in counted[:2])


async def test_cost_of_an_alias_is_by_the_name_asked_for(
    server: FakeOpenAI, client: ModelClient
) -> None:
    server.will(model.says(json.dumps(VALID), model="provider/other"))
    reply = await ask(client)
    assert (reply.model, reply.cost) == ("provider/other", Decimal("0.004"))


async def test_retry_after_is_told(server: FakeOpenAI, client: ModelClient) -> None:
    server.will(failing.rate_limited("7"))
    reply = await ask(client)
    assert (reply.retry_after, reply.request_id) == (7, "req-1")


@pytest.mark.parametrize(
    ("behaviour", "formats", "bounded"),
    [
        pytest.param(failing.without_bounds, ["json_schema"] * 2, False, id="no bounds"),
        pytest.param(
            failing.without_schema, ["json_schema"] * 2 + ["json_object"], True, id="JSON mode"
        ),
        pytest.param(
            failing.without_format,
            ["json_schema"] * 2 + ["json_object", None],
            True,
            id="no response_format",
        ),
    ],
)
async def test_the_ladder_is_climbed_down_once_and_remembered(
    server: FakeOpenAI,
    client: ModelClient,
    behaviour: Callable[[], Behaviour],
    formats: list[str | None],
    bounded: bool,
) -> None:
    server.default = behaviour()
    for number in range(1, len(formats)):
        reply = await ask(client)
        assert reply.outcome is Outcome.UNSUPPORTED
        assert len(server.asked) == number
    assert (await ask(client)).outcome is Outcome.ANSWERED
    assert (await ask(client)).outcome is Outcome.ANSWERED

    assert [asked.format for asked in server.asked] == [*formats, formats[-1]]
    assert ("maxLength" in json.dumps(server.asked[-1].body)) == bounded
    assert ("JSON schema" in server.asked[-1].system) == (formats[-1] != "json_schema")


async def test_calls_at_the_same_time_climb_down_one_rung(
    server: FakeOpenAI, client: ModelClient
) -> None:
    server.default = failing.without_bounds()
    replies = await asyncio.gather(*(ask(client) for _ in range(4)))
    assert {reply.outcome for reply in replies} == {Outcome.UNSUPPORTED}
    assert (await ask(client)).outcome is Outcome.ANSWERED
    assert server.asked[-1].format == "json_schema"


async def test_a_late_refusal_does_not_lead_back_up(
    server: FakeOpenAI, client: ModelClient
) -> None:
    late = failing.Hang(then=failing.without_schema())
    server.default = failing.without_schema()
    server.will(late)
    straggler = asyncio.create_task(ask(client))
    await late.reached.wait()
    assert [(await ask(client)).outcome for _ in range(2)] == [Outcome.UNSUPPORTED] * 2
    late.release()
    assert (await straggler).outcome is Outcome.UNSUPPORTED
    assert (await ask(client)).outcome is Outcome.ANSWERED


async def test_nothing_is_left_to_try(server: FakeOpenAI, client: ModelClient) -> None:
    server.default = failing.fails(400, "Unknown schema")
    outcomes = [(await ask(client)).outcome for _ in range(4)]
    assert outcomes == [Outcome.UNSUPPORTED] * 3 + [Outcome.REJECTED]


async def test_a_repair_says_what_was_wrong(server: FakeOpenAI, client: ModelClient) -> None:
    reply = await ask(client, repair=Repair(answer="Hm.", problem="no JSON"))

    assert reply.outcome is Outcome.ANSWERED
    system, *said = server.asked[0].body["messages"]
    assert system["content"].startswith("Triage.")
    assert '"reply_draft"' in system["content"]
    assert [(message["role"], message["content"]) for message in said] == [
        ("user", "My laptop is broken"),
        ("assistant", "Hm."),
        ("user", "That does not fit: no JSON. Answer again."),
    ]
