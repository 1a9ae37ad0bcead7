"""The digest: what waits, on weekdays at its hour, and never without a reason."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Select, select, update

from bot.blocks.digest import digest
from bot.sandbox import sample
from bot.sandbox.records import Message
from core import schedule
from core.digest import Digest
from core.installation import Installation
from storage.repositories.backlog import Counts
from storage.tables import Contact, Job, JobState, Status, Ticket, Workspace, utcnow
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording

MONDAY_AT_NINE = datetime(2026, 5, 4, 9, 0, 30, tzinfo=UTC)


def digests(story: Story) -> list[Message]:
    """Return the digests in the triage channel."""
    return [each for each in story.cards() if " open" in each.text.partition("·")[0]]


def of_sandbox(story: Story) -> Select[tuple[Workspace]]:
    """The template of test databases has another workspace, too."""
    return select(Workspace).where(Workspace.team_id == story.sandbox.workspace.team_id)


def change(story: Story, number: int, **values: Any) -> None:
    """Change a ticket behind the desk's back."""
    with story.database.writing() as session:
        session.execute(update(Ticket).where(Ticket.id == number).values(**values))


async def tick(story: Story, now: datetime = MONDAY_AT_NINE) -> None:
    """Let the clock strike, as its scheduler does, and wait for what comes of it."""
    with story.database.writing() as session:
        workspace = session.scalars(of_sandbox(story)).one()
        installation = Installation(workspace.id, workspace.team_id, "U0", sample.TRIAGE)
        times = schedule.digest_times(
            story.settings.digest_at or MONDAY_AT_NINE.time(), story.settings.timezone
        )
        with time_machine.travel(now, tick=False):
            schedule.digest_tick(session, installation=installation, times=times)
        # The worker goes by the real clock.
        session.execute(
            update(Job).where(Job.kind == "digest").values(run_at=utcnow(), created_at=utcnow())
        )
    await story.settled()


async def asked(story: Story, *texts: str) -> None:
    for text in texts:
        await story.posted(sample.HELP, text)
    await story.until(lambda: len(story.cards()) == len(texts))
    await story.settled()


async def test_what_is_open_old_and_unclaimed(story: Story) -> None:
    await asked(story, "cannot log in", "my <!channel> badge is *broken*", "done", "never was one")
    card = next(each for each in story.cards() if each.ts == story.tickets()[0].card_ts)
    await story.choose(sample.BEN, card, "Claim")
    change(story, 1, created_at=utcnow() - timedelta(days=5))
    change(story, 3, status=Status.RESOLVED, resolved_at=utcnow())
    change(story, 4, withdrawn_at=utcnow())
    await story.settled()
    await tick(story)
    [shown] = digests(story)
    said = wording(shown)
    assert "*2 tickets are open* · 1 nobody has claimed · 1 older than 3 days" in said
    assert "Ana Alvarez · 5 days · Open · claimed by Ben Okafor" in said
    assert "nobody has claimed it" in said
    assert "<!channel>" not in said
    assert f"archives/{sample.TRIAGE}/p{card.ts.replace('.', '')}|#1>" in said
    assert "#3" not in said
    assert "#4" not in said
    # Again, by another process or after a new start: nothing.
    await tick(story, MONDAY_AT_NINE + timedelta(minutes=40))
    assert len(digests(story)) == 1


async def test_private_tickets_are_not_even_counted(scene: Story) -> None:
    await asked(scene, "cannot log in", "about my colleague")
    change(scene, 2, private=True)
    await tick(scene)
    [shown] = digests(scene)
    assert "*1 ticket is open*" in wording(shown)
    assert "colleague" not in wording(shown)


async def test_nothing_to_say(scene: Story) -> None:
    await asked(scene, "cannot log in", "about my colleague")
    change(scene, 1, status=Status.RESOLVED, resolved_at=utcnow())
    change(scene, 2, private=True)
    await tick(scene)
    assert digests(scene) == []
    assert scene.rows(digest_states) == [JobState.DONE]


def digest_states(session: Any) -> Any:
    return session.scalars(select(Job.state).where(Job.kind == "digest")).all()


async def test_a_digest_that_slack_posted_without_saying_so_is_posted_once(scene: Story) -> None:
    await asked(scene, "cannot log in")
    scene.sandbox.faults.drop_answer("chat.postMessage")
    await tick(scene)
    assert len(digests(scene)) == 1


async def test_a_digest_whose_hour_went_by_is_not_posted(scene: Story) -> None:
    """A desk that was closed, or a Slack that was away: hours later it is no news."""
    await asked(scene, "cannot log in")
    await scene.stop()
    with scene.database.writing() as session:
        workspace = session.scalars(of_sandbox(scene)).one()
        session.add(
            Job(
                workspace_id=workspace.id,
                kind="digest",
                dedupe_key="digest:2026-05-04",
                message_key="k",
                priority=0,
                run_at=utcnow(),
                created_at=utcnow() - schedule.DIGEST_GRACE - timedelta(minutes=1),
            )
        )
    await scene.start()
    await scene.settled()
    assert digests(scene) == []
    assert scene.rows(digest_states) == [JobState.DONE]


async def test_the_clock_strikes(open_story: OpenStory) -> None:
    """A desk that is opened within the hour posts it, by its settings; another day's it does not.

    One that is switched off never does.
    """
    now = utcnow()
    at = (now - timedelta(minutes=2)).strftime("%H:%M")
    story = await open_story()
    await asked(story, "cannot log in")
    await story.stop()
    assert story.rows(digest_states) == []
    story.settings = story.settings.model_copy(
        update={"digest_at": datetime.strptime(at, "%H:%M").time()}  # noqa: DTZ007
    )
    weekday = (now - timedelta(minutes=2)).weekday() < 5
    await story.start()
    if weekday:
        await story.until(lambda: digests(story))
    await story.settled()
    assert len(digests(story)) == (1 if weekday else 0)


@pytest.mark.parametrize("letter", ["W", "&", "<", "*"])
def test_the_longest_digest_fits(letter: str) -> None:
    person = Contact(id=1, name=letter * 80)
    tickets = [
        Ticket(
            id=10_000 + number,
            title=letter * 150,
            status=Status.WAITING,
            requester=person,
            assignee=person,
            created_at=MONDAY_AT_NINE - timedelta(days=400),
            card_channel="C0TRIAGE001",
            card_ts="1700000000.000100",
        )
        for number in range(10)
    ]
    installation = Installation(1, "T1", "U1", "C1", url=f"https://{'a' * 60}.slack.com/")
    message = digest(
        Digest(Counts(open=5_000, unclaimed=4_000, old=3_000), tickets),
        installation=installation,
        now=MONDAY_AT_NINE,
    )
    blocks = message.arguments()["blocks"]
    assert message.fits
    assert all(len(each.get("text", {}).get("text", "")) <= 3_000 for each in blocks)
    shown = len(blocks) - 2  # without the numbers and the rest
    assert shown == 10 if letter in "W*" else 5 <= shown < 10
    assert f"and {5_000 - shown} younger" in json.dumps(blocks)
