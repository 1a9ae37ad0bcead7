"""Many tickets triaged at once: /ticket batch, and ticketloop triage --pending."""

import asyncio
import re
import signal
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import URL, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

import core.batches
from bot import batches, cli, database
from bot.sandbox import sample
from bot.sandbox.records import Message
from core.audit import Surface
from core.desk import Desk
from core.errors import ConfigurationError
from core.installation import Installation
from core.settings import ModelSettings
from storage.database import Database
from storage.tables import Batch, BatchState, Job, JobState, ModelCall, Ticket, TriageStatus
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording
from tests.e2e.test_start_and_stop import ROOT, process
from tests.fakes.openai_failures import slow, wrong_key
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.people import ask
from tests.fixtures.working import until


async def with_failures(open_story: OpenStory, model: FakeOpenAI, count: int = 3) -> Story:
    """A desk with some tickets whose triage failed, and a model that works again."""
    story = await open_story(openai_base_url=model.base_url)
    model.default = wrong_key()
    for number in range(count):
        await story.posted(sample.HELP, f"printer {number} is jammed")
    await story.settled()
    assert {each.triage_status for each in story.tickets()} == {TriageStatus.FAILED}
    model.forget()
    return story


def shown(story: Story, channel: str) -> list[Message]:
    return [each for each in story.seen(channel) if each.bot_id and "Batch" in wording(each)]


async def test_progress_stands_where_agents_read(open_story: OpenStory, model: FakeOpenAI) -> None:
    story = await with_failures(open_story, model)
    outcome = await story.people.slash(sample.BEN, sample.TRIAGE, "/ticket", "batch")
    assert outcome.acked
    told = await story.heard(sample.BEN, sample.TRIAGE, "Batch 1")
    assert told == "Batch 1: 3 tickets. How far it is comes here."
    (message,) = await story.until(lambda: shown(story, sample.TRIAGE))
    await story.until(
        lambda: (
            "Batch 1 is done*: 3 of 3 tickets triaged, 0 failed, in "
            in wording(next(each for each in story.seen(sample.TRIAGE) if each.ts == message.ts))
        )
    )
    await story.settled()
    assert len(shown(story, sample.TRIAGE)) == 1
    assert {each.triage_status for each in story.tickets()} == {TriageStatus.COMPLETED}
    assert len(model.asked) == 3
    assert await story.command(sample.BEN, "batch") == (
        "Nothing to do: no ticket waits for a triage."
    )


async def test_of_very_many_it_takes_the_oldest_and_says_so(
    open_story: OpenStory, model: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.batches, "MOST", 2)
    story = await with_failures(open_story, model)
    assert await story.command(sample.BEN, "batch") == (
        "Batch 1: the oldest 2 tickets, as many as a batch may have; ask again for the rest. "
        "How far it is comes by direct message."
    )
    told = await story.command(sample.BEN, "batch")
    assert told == "Batch 2: 1 ticket. How far it is comes by direct message."
    await story.settled()
    assert {each.triage_status for each in story.tickets()} == {TriageStatus.COMPLETED}


async def test_elsewhere_the_agent_is_told_directly(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """The bot need not be in that channel, and others need not read of it."""
    story = await with_failures(open_story, model, count=1)
    told = await story.command(sample.BEN, "batch")
    assert told == "Batch 1: 1 ticket. How far it is comes by direct message."
    place = story.direct(sample.BEN)
    await story.until(lambda: [each for each in shown(story, place) if "is done" in wording(each)])
    assert len(shown(story, place)) == 1
    assert shown(story, sample.GENERAL) == []


async def test_the_message_comes_again_if_somebody_deletes_it(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    story = await with_failures(open_story, model, count=2)
    model.default = slow(1)
    await story.people.slash(sample.BEN, sample.TRIAGE, "/ticket", "batch")
    (message,) = await story.until(lambda: shown(story, sample.TRIAGE))
    story.sandbox.workspace.delete(sample.TRIAGE, message.ts)
    await story.until(
        lambda: [each for each in shown(story, sample.TRIAGE) if "is done" in wording(each)]
    )


async def test_where_slack_takes_no_message_it_is_tried_once(
    open_story: OpenStory, model: FakeOpenAI
) -> None:
    """Even if a ticket was counted, and had the next job put behind it, while it was tried."""
    story = await with_failures(open_story, model)
    story.sandbox.faults.slow("conversations.open", 1)
    story.sandbox.faults.error("chat.postMessage", "restricted_action", times=None)
    await story.command(sample.BEN, "batch")
    await story.until(
        lambda: {each.triage_status for each in story.tickets()} == {TriageStatus.COMPLETED}
    )
    await story.settled()
    query = select(Job.last_error).where(Job.kind == "batch", Job.state == JobState.FAILED)
    assert len(story.rows(lambda session: session.scalars(query).all())) == 1


async def test_it_is_for_agents(scene: Story) -> None:
    await scene.posted(sample.HELP, "the printer is jammed")
    await scene.settled()
    for user in (sample.ANA, sample.DEE):
        assert "Only agents can do this." in await scene.command(user, "batch")
        assert "batch" not in await scene.command(user, "help")
    assert [each.details for each in scene.audit("denied")] == [{"tried": "batch"}] * 2
    assert "/ticket batch" in await scene.command(sample.BEN, "help")


# In the terminal


@pytest.fixture
def settings(sqlite_url: URL, model: FakeOpenAI) -> ModelSettings:
    """What the command needs, and no word of Slack."""
    return ModelSettings(
        _env_file=None,
        database_url=sqlite_url.render_as_string(hide_password=False),
        openai_base_url=model.base_url,
        model_concurrency=4,
    )


async def asked(url: URL, installation: Installation, count: int) -> None:
    """Open tickets while no desk runs."""
    desk = Desk(Database(url))
    for number in range(1, count + 1):
        await desk.run(ask, installation=installation, ts=f"{number}.0")
    desk.close()


async def triage_pending(
    settings: ModelSettings,
    limit: int | None = None,
    concurrency: int | None = None,
    failed: int = 0,
) -> str:
    """Return what the command prints, when so many triages failed."""
    printed = StringIO()
    console = Console(file=printed, width=200)
    found = await batches.triage_pending(settings, console, limit=limit, concurrency=concurrency)
    assert found == failed
    return printed.getvalue()


def rows(url: URL, query: object) -> Sequence[object]:
    opened = Database(url)
    with opened.reading() as session:
        found: Sequence[object] = session.scalars(query).all()  # type: ignore[call-overload]
    opened.dispose()
    return found


async def test_without_a_desk_the_command_does_it_all(
    settings: ModelSettings, sqlite_url: URL, installation: Installation, model: FakeOpenAI
) -> None:
    await asked(sqlite_url, installation, 6)
    model.default = slow(0.1)
    printed = await triage_pending(settings, limit=5, concurrency=2)
    assert "Batch 1: 5 tickets, 2 at a time." in printed
    assert "Batch 1 is done: 5 of 5 tickets triaged, 0 failed, in " in printed
    assert model.peak == 2
    assert rows(sqlite_url, select(Ticket.triage_status)).count(TriageStatus.COMPLETED) == 5
    assert "Batch 2: 1 ticket" in await triage_pending(settings)
    assert "Nothing to do" in await triage_pending(settings)
    assert len(model.asked) == 6


async def test_the_command_says_why_triages_failed(
    settings: ModelSettings, sqlite_url: URL, installation: Installation, model: FakeOpenAI
) -> None:
    await asked(sqlite_url, installation, 2)
    model.default = wrong_key()
    printed = await triage_pending(settings, failed=2)
    assert "0 of 2 tickets triaged, 2 failed" in printed
    assert "2 tickets: the model rejects our requests" in printed


async def test_the_command_outlives_a_database_that_does_not_answer_for_a_moment(
    settings: ModelSettings,
    sqlite_url: URL,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await asked(sqlite_url, installation, 2)
    look, failures = core.batches.found, [OperationalError("SELECT", {}, Exception("gone"))]

    def found(session: Session, *, workspace_id: int, number: int) -> core.batches.Progress:
        if failures:
            raise failures.pop()
        return look(session, workspace_id=workspace_id, number=number)

    monkeypatch.setattr(core.batches, "found", found)
    assert "2 of 2 tickets triaged" in await triage_pending(settings)
    assert not failures


async def test_a_mistyped_address_makes_no_database(tmp_path: Path) -> None:
    file = tmp_path / "typo" / "new.db"
    settings = ModelSettings(_env_file=None, database_url=f"sqlite:///{file}")
    with pytest.raises(ConfigurationError, match=f"there is no database at {file} yet"):
        await triage_pending(settings)
    assert not file.parent.exists()


async def test_before_the_first_start_there_is_nothing_to_triage(tmp_path: Path) -> None:
    settings = ModelSettings(_env_file=None, database_url=f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate(settings)
    with pytest.raises(ConfigurationError, match="start the desk once"):
        await triage_pending(settings)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
async def test_what_was_interrupted_goes_on(
    settings: ModelSettings,
    sqlite_url: URL,
    installation: Installation,
    model: FakeOpenAI,
    tmp_path: Path,
    end: signal.Signals,
) -> None:
    """Killed in the middle, or told to stop: the next run comes to the end, and counts right."""
    await asked(sqlite_url, installation, 8)
    model.default = slow(0.3)
    env = {
        "DATABASE_URL": settings.database_url,
        "OPENAI_BASE_URL": model.base_url,
        "MODEL_CONCURRENCY": "2",
        "JOB_LEASE": "1",
        "PYTHONPATH": str(ROOT),
    }
    async with process(env, tmp_path, "triage", "--pending") as running:
        await until(lambda: len(model.asked) >= 4, seconds=30)
        running.send_signal(end)
        code = await asyncio.wait_for(running.wait(), 10)
    assert code == (-signal.SIGKILL if end is signal.SIGKILL else 130)
    short = settings.model_copy(update={"job_lease": 1.0, "model_concurrency": 2})
    printed = await triage_pending(short)
    assert re.search(r"Batch 1 goes on, 2 at a time: \d of 8 tickets are done\.", printed)
    assert "8 of 8 tickets triaged, 0 failed" in printed
    (batch,) = rows(sqlite_url, select(Batch))
    assert isinstance(batch, Batch)
    assert (batch.total, batch.done, batch.failed, batch.state) == (8, 8, 0, BatchState.DONE)
    answered = select(func.count()).select_from(ModelCall).where(ModelCall.outcome == "answered")
    assert rows(sqlite_url, answered) == [8]


async def test_what_was_interrupted_goes_on_though_there_is_something_new(
    settings: ModelSettings, sqlite_url: URL, installation: Installation
) -> None:
    await asked(sqlite_url, installation, 2)
    desk = Desk(Database(sqlite_url))
    await desk.run(core.batches.begin, workspace_id=1, concurrency=1, surface=Surface.TERMINAL)
    await desk.run(ask, installation=installation, ts="99.0")
    desk.close()
    printed = await triage_pending(settings)
    assert "Batch 2 is done: 1 of 1 ticket triaged" in printed
    assert "Batch 1 goes on, 1 at a time: 0 of 2 tickets are done." in printed
    assert "Batch 1 is done: 2 of 2 tickets triaged" in printed
    assert set(rows(sqlite_url, select(Ticket.triage_status))) == {TriageStatus.COMPLETED}


def test_the_command_wants_to_know_which() -> None:
    result = CliRunner().invoke(cli.app, ["triage"])
    assert result.exit_code == 2
    assert "--pending" in result.output
