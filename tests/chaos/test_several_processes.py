"""Some processes take what Slack sends, others do the jobs, all on one database."""

import asyncio
import os
import signal
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.alive import is_alive
from bot.sandbox import sample
from core.caller import Scope
from core.settings import ProcessRole, Settings
from storage.tables import Job, JobAttempt
from tests.chaos.checks import assert_at_rest
from tests.chaos.mortal import MortalStory
from tests.e2e.calling import made_token
from tests.fixtures.ports import free_port
from tests.fixtures.postgres import PostgresServer


@pytest.fixture
async def web(story: MortalStory) -> MortalStory:
    """A desk of which only the process runs that takes what Slack sends."""
    story.settings = story.settings.model_copy(
        update={"role": ProcessRole.WEB, "port": free_port()}
    )
    await story.start()
    return story


def of_worker(story: MortalStory) -> Settings:
    return story.settings.model_copy(update={"role": ProcessRole.WORKER})


async def test_what_one_process_takes_another_does(web: MortalStory) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.settings.port}") as client:
        found = (await client.get("/ready")).json()
    assert (found["status"], found["checks"]) == ("ready", {"database": "ok", "slack": "ok"})
    asked = await web.posted(sample.HELP, "cannot log in")
    assert len(web.tickets()) == 1
    assert not web.cards()
    assert not is_alive(of_worker(web))

    await web.start_worker()
    card = await web.card(says="Reply draft")
    await web.click(sample.BEN, card, "approve")
    await web.card(says="Sent:")
    await web.settled()
    await web.replies(sample.HELP, asked, 2)
    assert_at_rest(web)
    await web.stop()
    assert [each.exitcode for each in web.bots] == [0, 0]


async def test_what_a_worker_counted_is_shown_by_another_process(web: MortalStory) -> None:
    """It has no port, and has ended when somebody asks."""
    worker = await web.start_worker()
    await web.posted(sample.HELP, "cannot log in")
    await web.card(says="Reply draft")
    await web.settled()
    worker.terminate()
    await asyncio.to_thread(worker.join)
    token = made_token(web, "prometheus", (Scope.READ,))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.settings.port}") as client:
        found = await client.get("/metrics", headers={"authorization": f"Bearer {token}"})
    lines = found.text.splitlines()
    assert 'ticketloop_job_tries_total{kind="triage",outcome="done"} 1.0' in lines
    assert 'ticketloop_events_total{action="opened"} 1.0' in lines  # this one is the web process's
    assert any('method="chat.postMessage",outcome="ok"' in each for each in lines)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_five_that_start_at_once_do_once_what_an_earlier_run_could_not(
    story: MortalStory, tmp_path: Path
) -> None:
    faults, log = story.sandbox.faults, tmp_path / "bot.log"
    faults.error("chat.postMessage", "restricted_action", None)
    await story.start()
    for number in range(3):
        await story.posted(sample.HELP, f"Request {number}")
    await story.until(lambda: all(each.category for each in story.tickets()))
    await story.settled()
    await story.stop()
    log.unlink()
    faults.clear()
    before = len(story.sandbox.traffic.calls("chat.postMessage"))
    await asyncio.gather(
        *(story.start() for _ in range(3)), *(story.start_worker() for _ in range(2))
    )
    await story.until(lambda: story.sandbox.sockets.connected == 3)
    await story.until(lambda: len(story.cards()) == 3)
    await story.settled()
    posts = story.sandbox.traffic.calls("chat.postMessage")[before:]
    assert [each.payload["channel"] for each in posts] == [sample.TRIAGE] * 3
    assert "Traceback" not in log.read_text("utf-8")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_a_database_that_goes_away_and_comes_back(
    web: MortalStory, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Neither process ends, what was asked meanwhile is taken when Slack brings it again."""
    await web.start_worker()
    await web.posted(sample.HELP, "before")
    await web.card(says="Reply draft")
    await web.settled()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.settings.port}") as client:
        with postgres_server.away(web.database.url):
            posting = asyncio.create_task(web.people.post(sample.ANA, sample.HELP, "meanwhile"))
            found = (await client.get("/ready")).json()["checks"]
            assert found == {"database": "does not answer", "slack": "ok"}
            assert (await client.get("/health")).is_success
            assert is_alive(of_worker(web))
            refused = await web.people.slash(sample.DEE, sample.GENERAL, "/ticket", "a mouse")
            assert refused.acked
            assert any("Nothing was saved" in each for each in web.told(sample.DEE, sample.GENERAL))
            await asyncio.sleep(3)  # so long is it away
        await posting
        await web.until(lambda: len(web.tickets()) == 2)
        await web.until(lambda: len(web.cards()) == 2)
        await web.settled()
        assert (await client.get("/ready")).is_success
    assert_at_rest(web)
    log = (tmp_path / "bot.log").read_text("utf-8")
    assert log.count("the queue cannot be read") == 1
    assert log.count("the queue can be read again") == 1
    assert "Traceback" not in log


async def test_the_probe_finds_each_worker_alive_or_not(web: MortalStory) -> None:
    asks = of_worker(web)
    first, second = await web.start_worker(), await web.start_worker()
    assert is_alive(asks)
    os.kill(first.pid or 0, signal.SIGSTOP)  # like an event loop that hangs
    assert not is_alive(asks)
    os.kill(first.pid or 0, signal.SIGCONT)
    assert is_alive(asks)
    first.kill()
    first.join()
    assert is_alive(asks)  # what the dead one left is not taken for one that hangs
    second.terminate()
    second.join()
    assert second.exitcode == 0
    assert not is_alive(asks)


def claims_of(session: Session, *, pace: str) -> Sequence[datetime]:
    """Return when jobs of that pace were claimed, in order."""
    tries = select(JobAttempt.started_at).join(Job, Job.id == JobAttempt.job_id)
    return session.scalars(tries.where(Job.pace == pace).order_by(JobAttempt.started_at)).all()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_two_workers_share_the_pace_of_a_channel(web: MortalStory) -> None:
    """Whoever claims, there is one message for each interval, and Slack limits nothing."""
    interval = 0.3
    web.settings = web.settings.model_copy(update={"pace_scale": interval})
    for _ in range(2):
        await web.start_worker()
    people = (sample.ANA, sample.DEE)
    for number in range(12):
        await web.posted(sample.HELP, f"the VPN is down, {number}", user=people[number % 2])
    await web.until(lambda: len(web.cards()) == 12, 60)
    await web.settled(60)
    for channel in (sample.HELP, sample.TRIAGE):
        calls = web.sandbox.traffic.calls("chat.postMessage")
        sent = [each.at.timestamp() for each in calls if each.payload["channel"] == channel]
        assert len(sent) == 12
        # What was claimed in its time may be a while under way, on a busy machine.
        claimed = web.rows(partial(claims_of, pace=f"post:{channel}"))
        assert len(claimed) >= 12
        for earlier, later in pairwise(claimed):
            assert later - earlier >= timedelta(seconds=interval)
    assert web.sandbox.traffic.rate_limited == []
