"""Many tickets handed in at once over the API, and what is told of those that were not made."""

import asyncio
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.api import handing_in
from core import submissions
from core.caller import Scope
from core.submissions import Submission
from tests.e2e.calling import Caller


async def test_many_tickets_at_once(api: Caller) -> None:
    body: list[Any] = [{"raw_text": f"no {n}", "external_id": f"e{n}"} for n in range(45)]
    body[7], body[8], body[30] = {"raw_text": 7}, "nonsense", {"raw_text": "x", "source": "form"}
    body.append({"raw_text": "again", "external_id": "e1"})
    said = (await api.post("/tickets/batch", body, 207, key="b-1"))["results"]
    assert [each["status"] for each in said].count("CREATED") == 42
    assert [n for n, each in enumerate(said) if each["status"] == "ERROR"] == [7, 8, 30]
    assert said[30]["problem"]["errors"][0]["field"] == "body.source"
    assert (said[-1]["status"], said[-1]["ticket_id"]) == ("EXISTS", said[1]["ticket_id"])
    assert (await api.post("/tickets/batch", body, 207, key="b-1"))["results"] == said
    assert len(api.story.tickets()) == 42


async def test_a_batch_goes_on_where_it_was_broken_off(
    sqlite_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second transaction fails, as if the process had died: the first one's are not doubled."""
    api = sqlite_api
    submit, calls = submissions.submit, 0

    def reluctant(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > handing_in.TOGETHER:
            raise OperationalError("no", None, OSError())
        return submit(*args, **kwargs)

    monkeypatch.setattr(submissions, "submit", reluctant)
    body = [{"raw_text": f"no {n}"} for n in range(25)]
    said = (await api.post("/tickets/batch", body, 207, key="b"))["results"]
    assert [each["status"] for each in said] == ["CREATED"] * 20 + ["ERROR"] * 5
    assert said[-1]["problem"]["status"] == 503
    monkeypatch.undo()
    again = (await api.post("/tickets/batch", body, 207, key="b"))["results"]
    assert again[:20] == said[:20]
    assert [each["status"] for each in again] == ["CREATED"] * 25
    assert len(api.story.tickets()) == 25


async def test_a_bug_in_a_batch_hides_nothing_that_was_done(
    sqlite_api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = sqlite_api
    submit = submissions.submit

    def buggy(*args: Any, submission: Submission, **kwargs: Any) -> Any:
        if submission.text == "no 22":
            raise ValueError("a secret")
        return submit(*args, submission=submission, **kwargs)

    monkeypatch.setattr(submissions, "submit", buggy)
    body = [{"raw_text": f"no {n}"} for n in range(45)]
    with capture_logs() as logged:
        said = (await api.post("/tickets/batch", body, 207))["results"]
    made, failed = ["CREATED"] * 20, ["ERROR"] * 20
    assert [each["status"] for each in said] == [*made, *failed, *made[:5]]
    [incident] = [each["incident"] for each in logged if each["event"] == "a bug"]
    assert {each["problem"]["incident"] for each in said[20:40]} == {incident}
    assert "secret" not in str(said)
    assert len(api.story.tickets()) == 25


@pytest.mark.may_deadlock
async def test_two_batches_that_want_the_same_people_in_another_order(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL each holds what the other wants, and one of them is told to let go."""
    submit, calls = submissions.submit, count(1)
    both = Barrier(2)

    def in_step(*args: Any, **kwargs: Any) -> Any:
        opened = submit(*args, **kwargs)
        if next(calls) <= both.parties and not api.story.database.is_sqlite:
            both.wait(10)
        return opened

    monkeypatch.setattr(submissions, "submit", in_step)
    eve, kim = (
        {"raw_text": "down", "contact": {"email": f"{name}@x.example"}} for name in ("eve", "kim")
    )
    other = api.another(Scope.WRITE)
    said = await asyncio.gather(
        api.post("/tickets/batch", [eve, kim], 207), other.post("/tickets/batch", [kim, eve], 207)
    )
    assert [each["status"] for one in said for each in one["results"]] == ["CREATED"] * 4
    assert len(api.story.tickets()) == 4
    assert len({each["owner_id"] for one in said for each in one["results"]}) == 2
