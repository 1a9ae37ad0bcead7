"""Triage over the API."""

from storage.tables import TriageStatus
from tests.e2e.calling import Caller
from tests.e2e.conftest import OpenApi
from tests.fakes import openai_behaviours as says
from tests.fakes import openai_failures as failures
from tests.fakes.openai_behaviours import answer, triage
from tests.fakes.openai_server import FakeOpenAI


async def test_there_is_a_result_and_only_force_makes_another(api: Caller) -> None:
    await api.open()
    first = await api.post("/tickets/1/process", wait=30)
    assert first["category"] == "access"
    assert await api.post("/tickets/1/process") == first
    second = await api.post("/tickets/1/process", force=True, wait=30)
    assert second["id"] != first["id"]
    assert await api.get("/tickets/1/result") == second
    calls = await api.get("/tickets/1/model-calls")
    assert [each["outcome"] for each in calls["items"]] == ["answered", "answered"]


async def test_who_does_not_wait_is_told_of_the_job(open_api: OpenApi, model: FakeOpenAI) -> None:
    model.default = failures.slow(2)
    api = await open_api(openai_base_url=model.base_url)
    await api.open()
    for wait in (0, 1):
        said = await api.post("/tickets/1/process", status=202, wait=wait)
        assert said["job"]["kind"] == "triage"
        assert said["triage_status"] in {"pending", "on_triage"}
    assert "wait=30" in (await api.get("/tickets/1/result", 404))["detail"]
    assert (await api.post("/tickets/1/process", wait=30))["ticket_id"] == 1


async def test_a_triage_that_fails_is_told(open_api: OpenApi, model: FakeOpenAI) -> None:
    model.default = says.refusal()
    api = await open_api(openai_base_url=model.base_url)
    await api.open()
    said = await api.post("/tickets/1/process", status=202, wait=30)
    assert said["triage_status"] == "failed"
    model.default = answer(triage)
    again = await api.post("/tickets/1/process", wait=30)
    assert again["category"]


async def test_all_that_wait_are_triaged_as_a_batch(open_api: OpenApi, model: FakeOpenAI) -> None:
    model.default = failures.wrong_key()
    api = await open_api(openai_base_url=model.base_url)
    await api.post("/tickets/batch", [{"raw_text": f"no {n}"} for n in range(4)], 207)
    await api.story.settled()
    assert {each.triage_status for each in api.story.tickets()} == {TriageStatus.FAILED}
    model.default = answer(triage)
    queued = await api.post("/triage-jobs/batch", status=202)
    assert queued == {"status": "QUEUED", "batch": {"id": 1, "total_items": 4}, "total_items": 4}
    await api.story.settled()
    done = await api.get("/triage-jobs/batch/1")
    assert (done["state"], done["done"], done["failed"]) == ("done", 4, 0)
    empty = await api.post("/triage-jobs/batch", status=202)
    assert empty == {"status": "EMPTY", "batch": None, "total_items": 0}
    assert (await api.get("/triage-jobs/batch/9", 404))["type"].endswith("unknown-batch")
