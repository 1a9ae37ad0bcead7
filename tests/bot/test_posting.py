"""Looking before posting again, and what Slack's errors mean."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from slack_sdk.models.blocks import SectionBlock

from bot.app import slack_client
from bot.blocks.text import SlackMessage, plain
from bot.posting import MessageGone, Poster, ThreadGone, Unreachable
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from core.errors import JobError, Permanent, Transient
from core.settings import Settings
from tests.e2e.conftest import MANIFEST

SAID = SlackMessage("Hello", [SectionBlock(text=plain("Hello"))])
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Stage:
    """A poster in the sandbox."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.unauthorised: list[str] = []
        settings = Settings(
            _env_file=None,
            slack_bot_token=SecretStr(sandbox.bot_token),
            slack_app_token=SecretStr(sandbox.app_token),
            slack_api_url=sandbox.api_url,
        )
        self.client = slack_client(settings, session, token=sandbox.bot_token)
        self.poster = Poster(self.client, self.unauthorised.append)

    def texts(self) -> list[str]:
        return [each.text for each in self.sandbox.workspace.messages(sample.HELP)]


@pytest.fixture
async def stage() -> Any:
    sandbox = Sandbox(MANIFEST, workspace=sample.acme(), scale=0.001)
    async with sandbox.serve(), aiohttp.ClientSession() as session:
        yield Stage(sandbox, session)


async def test_a_second_try_finds_what_the_first_one_posted(stage: Stage) -> None:
    root = stage.sandbox.workspace.post(sample.HELP, sample.ANA, "help").ts
    for thread in (None, root):
        place: dict[str, Any] = {"key": f"k{thread}", "channel": sample.HELP, "thread_ts": thread}
        first = await stage.poster.post(SAID, **place)
        assert await stage.poster.post(SAID, **place, look_since=LONG_AGO) == first
    assert stage.texts() == ["help", "Hello", "Hello"]


async def test_a_look_that_fails_posts_nothing(stage: Stage) -> None:
    stage.sandbox.faults.fail("conversations.history")
    with pytest.raises(Transient):
        await stage.poster.post(SAID, key="k", channel=sample.HELP, look_since=LONG_AGO)
    assert stage.texts() == []


async def test_it_looks_beyond_the_first_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.posting.PAGE", 2)
    first = await stage.poster.post(SAID, key="k", channel=sample.HELP)
    for number in range(5):
        stage.sandbox.workspace.post(sample.HELP, sample.ANA, str(number))
    found = await stage.poster.find("k", channel=sample.HELP, since=LONG_AGO)
    assert found == first


async def test_a_reply_that_landed_in_the_open_is_taken_back(stage: Stage) -> None:
    with pytest.raises(Permanent, match="was deleted"):
        await stage.poster.post(SAID, key="k", channel=sample.HELP, thread_ts="1.000000")
    assert stage.texts() == []


async def test_what_an_ended_run_left_in_the_open_is_taken_back(stage: Stage) -> None:
    """Slack posted it at top level, and nobody was left to delete it."""
    root = stage.sandbox.workspace.post(sample.HELP, sample.ANA, "help").ts
    stage.sandbox.workspace.delete(sample.HELP, root)
    await stage.poster.post(SAID, key="k", channel=sample.HELP)
    with pytest.raises(ThreadGone):
        await stage.poster.post(
            SAID, key="k", channel=sample.HELP, thread_ts=root, look_since=LONG_AGO
        )
    assert stage.texts() == []


async def test_deleting_what_is_gone_is_done(stage: Stage) -> None:
    await stage.poster.delete(channel=sample.HELP, ts="1.000000")
    with pytest.raises(MessageGone):
        await stage.poster.update(SAID, channel=sample.HELP, ts="1.000000")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("internal_error", Transient),
        ("fatal_error", Transient),
        ("service_unavailable", Transient),
        ("ratelimited", Transient),
        ("invalid_auth", Transient),
        ("token_revoked", Transient),
        ("is_archived", Unreachable),
        ("channel_not_found", Unreachable),
        ("not_in_channel", Unreachable),
        ("restricted_action", Unreachable),
        ("cannot_reply_to_message", Unreachable),
        ("messages_tab_disabled", Unreachable),
        ("user_disabled", Unreachable),
        ("thread_not_found", ThreadGone),
        ("msg_too_long", Permanent),
        ("missing_scope", Permanent),
        ("invalid_blocks", Permanent),
        ("something_new", Permanent),
    ],
)
async def test_what_an_error_means(stage: Stage, error: str, kind: type[JobError]) -> None:
    stage.sandbox.faults.error("chat.postMessage", error)
    with pytest.raises(kind) as raised:
        await stage.poster.post(SAID, key="k", channel=sample.HELP)
    assert type(raised.value) is kind
    assert bool(stage.unauthorised) is (error in {"invalid_auth", "token_revoked"})


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_status_without_slacks_json(stage: Stage, status: int) -> None:
    stage.sandbox.faults.fail("chat.postMessage", status=status)
    with pytest.raises(Transient, match=str(status)):
        await stage.poster.post(SAID, key="k", channel=sample.HELP)


async def test_how_long_slack_wants_to_be_left_alone(stage: Stage) -> None:
    stage.sandbox.faults.ratelimit("chat.postMessage", retry_after=17)
    with pytest.raises(Transient) as raised:
        await stage.poster.post(SAID, key="k", channel=sample.HELP)
    assert (raised.value.retry_after, raised.value.is_of_pace) == (17, True)


async def test_a_look_that_slack_limits_holds_up_nothing_else(stage: Stage) -> None:
    stage.sandbox.faults.ratelimit("conversations.history", retry_after=17)
    with pytest.raises(Transient) as raised:
        await stage.poster.post(SAID, key="k", channel=sample.HELP, look_since=datetime.now(UTC))
    assert (raised.value.retry_after, raised.value.is_of_pace) == (17, False)
