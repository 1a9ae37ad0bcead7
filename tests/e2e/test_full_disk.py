"""A disk without room: nothing is half saved, people hear of it, the desk goes on afterwards."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import OperationalError

from bot.sandbox import sample
from storage.tables import Contact
from tests.e2e.conftest import OpenStory, over_http_only
from tests.e2e.story import Story

# More than fits into the pages that the database has already.
LONG = "The VPN is down. " * 1_000
NO_LIMIT = 4_294_967_294


class Disk:
    """SQLite says that its disk is full once it needs more pages than it may have."""

    def __init__(self) -> None:
        self.is_full = False
        self.refused = 0

    def bound(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            pages = 1 if self.is_full else NO_LIMIT  # never less than there are
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def failed(self, failure: ExceptionContext) -> None:
        self.refused += "database or disk is full" in str(failure.original_exception)


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    event.listen(Engine, "begin", disk.bound)
    event.listen(Engine, "handle_error", disk.failed)
    yield disk
    event.remove(Engine, "begin", disk.bound)
    event.remove(Engine, "handle_error", disk.failed)


@over_http_only
async def test_what_came_while_it_was_full_is_taken_when_there_is_room(
    disk: Disk, open_story: OpenStory
) -> None:
    story = await open_story()
    disk.is_full = True
    refused = await story.people.slash(sample.DEE, sample.GENERAL, "/ticket", LONG[:9_000])
    assert refused.acked
    assert any("has no room" in each for each in story.told(sample.DEE, sample.GENERAL))

    posting = asyncio.create_task(story.people.post(sample.ANA, sample.HELP, LONG))
    await story.until(lambda: len(story.sandbox.traffic.deliveries("message")) > 1)
    assert story.tickets() == []
    disk.is_full = False
    await posting
    await story.card(says="Reply draft")
    await story.settled()
    [ticket] = story.tickets()
    assert ticket.raw_text.startswith("The VPN is down.")
    assert story.told(sample.ANA, sample.HELP) == []


@over_http_only
async def test_whoever_wrote_what_slack_brings_no_more_is_told(disk: Disk, scene: Story) -> None:
    disk.is_full = True
    assert not (await scene.people.post(sample.ANA, sample.HELP, LONG)).acked
    await scene.heard(sample.ANA, sample.HELP, "Nothing was saved")
    assert len(scene.told(sample.ANA, sample.HELP)) == 1
    await scene.people.post(sample.ANA, sample.GENERAL, LONG)
    assert scene.told(sample.ANA, sample.GENERAL) == []
    disk.is_full = False
    await scene.posted(sample.HELP, LONG)
    await scene.card(says="Reply draft")
    assert len(scene.tickets()) == 1


async def test_jobs_wait_for_room(disk: Disk, scene: Story) -> None:
    """What a job cannot write down is written later, and nothing is posted twice."""
    scene.sandbox.faults.slow("chat.postMessage", 1.0, 2)
    asked = await scene.posted(sample.HELP, LONG)
    disk.is_full = True
    fill_the_last_page(scene)
    await scene.until(lambda: disk.refused > 2)
    disk.is_full = False
    await scene.card(says="Reply draft")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 1)
    assert len(scene.cards()) == 1


def fill_the_last_page(story: Story) -> None:
    """Write until nothing more fits into the pages that the database has."""
    with suppress(OperationalError):
        while True:
            with story.database.writing() as session:
                session.add(Contact(workspace_id=1, name="somebody"))
