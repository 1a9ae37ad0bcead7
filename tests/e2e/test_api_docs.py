"""What docs/api.md tells people to type works as it stands, in that order."""

import re
import shlex
from pathlib import Path

import httpx

from bot.api.problems import TITLES, TYPE
from tests.e2e.calling import Caller
from tests.e2e.conftest import OpenStory
from tests.fakes.openai_behaviours import answer, triage
from tests.fakes.openai_failures import slow
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.ports import free_port

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
CURL = re.compile(r"^(curl .*)$|`(curl [^`]*)`", re.MULTILINE)


async def test_each_line_of_curl(open_story: OpenStory, model: FakeOpenAI) -> None:
    """With a model that takes one ticket at a time, so that some wait for a batch."""
    model.default = slow(0.7, answer(triage))
    story = await open_story(
        port=free_port(),
        webhooks_to_private_addresses=True,
        openai_base_url=model.base_url,
        model_concurrency=1,
    )
    api = Caller(story)
    lines = [a or b for a, b in CURL.findall(DOCUMENT)]
    assert len(lines) > 25
    for line in lines:
        said = await _typed(api, line)
        assert said.is_success, (line, said.text)
    await api.close()


async def _typed(api: Caller, line: str) -> httpx.Response:
    """Do what curl would do."""
    origin = f"http://127.0.0.1:{api.story.settings.port}"
    line = line.replace("${DESK%/api/v1}", origin).replace("$DESK", f"{origin}/api/v1")
    line = line.replace("$AUTH", f"Authorization: Bearer {api.secret}")
    line = line.replace("https://example.com/hooks", "http://127.0.0.1:9/hooks")
    words = shlex.split(line)
    method, body, url = "GET", None, ""
    headers: dict[str, str] = {}
    while words:
        match words.pop(0):
            case "curl" | "-s":
                pass
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "--json":
                method, body = ("POST" if method == "GET" else method), words.pop(0)
                headers["Content-Type"] = "application/json"
            case address:
                assert not url, line
                url = address
    if body is not None and "RESULT" in body:
        result = await api.get("/tickets/1/result")
        body = body.replace("RESULT", str(result["id"]))
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.request(method, url, content=body, headers=headers)


def test_every_kind_of_problem_is_named() -> None:
    assert TYPE in DOCUMENT
    table = DOCUMENT.partition("## Problems")[2]
    named = set(re.findall(r"`([a-z-]+)`", table)) - {"detail", "errors", "type", "incident"}
    assert named == set(TITLES)
    for kind, (status, _) in TITLES.items():
        row = next(line for line in table.splitlines() if f"`{kind}`" in line and "|" in line)
        assert str(int(status)) in row.split("|")[1]
