"""A desk is kept and brought back while it runs, and nothing is said twice."""

import asyncio
import itertools
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import URL
from typer.testing import CliRunner

from bot import backups, cli
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from core.errors import ConfigurationError
from core.settings import DatabaseSettings
from core.worker import Worker
from storage.backup import PASSED_OVER
from storage.repositories import jobs
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story
from tests.e2e.test_start_and_stop import environment, process
from tests.fixtures.database import SqliteBackend, downgrade


def keep(story: Story, file: Path) -> None:
    backups.back_up(story.settings, file, force=False)


def bring_back(story: Story, file: Path) -> str:
    return backups.restore(story.settings, file)


def of(url: URL) -> DatabaseSettings:
    return DatabaseSettings(_env_file=None, database_url=url.render_as_string())


async def test_a_backup_of_a_desk_at_work_is_whole(scene: Story, tmp_path: Path) -> None:
    """Whatever moment it is of: each ticket in it has its message and its jobs."""
    asking = [
        asyncio.create_task(scene.posted(sample.HELP, f"printer {each} is on fire"))
        for each in range(20)
    ]
    file = tmp_path / "desk.db"
    await scene.until(scene.tickets)
    await asyncio.to_thread(keep, scene, file)
    await asyncio.gather(*asking)
    with sqlite3.connect(file) as kept:
        [tickets] = kept.execute("SELECT count(*) FROM tickets").fetchone()
        [messages] = kept.execute("SELECT count(DISTINCT ticket_id) FROM messages").fetchone()
        [cards] = kept.execute("SELECT count(*) FROM jobs WHERE kind = 'card'").fetchone()
    kept.close()
    assert 1 <= tickets == messages <= cards
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert left(tmp_path) == ["desk.db"]


def left(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def test_a_running_desk_goes_on_from_its_backup(scene: Story, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    asked = await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    await asyncio.to_thread(keep, scene, file)
    await scene.click(sample.BEN, card, "approve")
    await scene.card(says="Sent:")
    await scene.posted(sample.HELP, "the screen flickers", user=sample.DEE)
    late = await scene.card(says="#2")
    await scene.settled()

    said = await asyncio.to_thread(bring_back, scene, file)
    assert "is kept as" in said
    # The card of the ticket that was answered since shows what is known of it now.
    card = await scene.card(says="Reply draft", which=0)
    # A button of a ticket that is not known any more does nothing.
    await scene.click(sample.BEN, late, "resolve")
    await scene.heard(sample.BEN, sample.TRIAGE, "There is no ticket #2")
    # No number means two tickets.
    await scene.posted(sample.HELP, "no sound", user=sample.FAY)
    await scene.card(says=f"#{2 + PASSED_OVER + 1} No sound")
    new = await scene.card(says="Reply draft")
    await scene.click(sample.BEN, new, "approve")
    await scene.card(says="Sent:")
    await scene.settled()
    await scene.replies(sample.HELP, asked, 2)  # the receipt and the answer of then


async def test_what_was_sent_since_is_not_sent_again(
    open_story: OpenStory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backup knows of an approved answer, not that it was delivered; likewise of a request."""
    monkeypatch.setattr(jobs, "UNDER_WAY", timedelta(0))
    file = tmp_path / "desk.db"
    story = await open_story()
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    await story.settled()
    with monkeypatch.context() as idle:
        idle.setattr(Worker, "_room", lambda _: ([], 0))
        await story.posted(sample.HELP, "the screen flickers", user=sample.DEE)
        await story.click(sample.BEN, card, "approve")
        await asyncio.to_thread(keep, story, file)
    await story.card(says="Sent:", which=0)
    await story.card(says="#2")
    await story.settled()
    before = spoken(story)

    await asyncio.to_thread(bring_back, story, file)
    await story.until(lambda: story.answers()[0].sent_at is not None)
    await story.settled()
    await story.card(says="Sent:", which=0)
    await story.replies(sample.HELP, asked, 2)
    assert spoken(story) == before


def spoken(story: Story) -> list[str]:
    """Return where and when the bot has posted in the two channels."""
    seen = [*story.seen(sample.HELP), *story.seen(sample.TRIAGE)]
    return [f"{each.channel} {each.ts}" for each in seen if each.bot_id]


async def test_an_old_draft_approves_nothing(scene: Story, tmp_path: Path) -> None:
    """A draft that was made after the backup has an id that no later draft may get."""
    file = tmp_path / "desk.db"
    await scene.posted(sample.HELP, "cannot log in")
    card = await scene.card(says="Reply draft")
    await scene.settled()
    await asyncio.to_thread(keep, scene, file)
    old = scene.results()[-1].id
    await scene.choose(sample.BEN, card, "Regenerate")
    await scene.until(lambda: len(scene.results()) == 2)
    await scene.settled()
    since = scene.results()[-1].id
    await asyncio.to_thread(bring_back, scene, file)
    await scene.choose(sample.BEN, card, "Regenerate")
    await scene.until(lambda: len(scene.results()) == 2)
    await scene.settled()
    assert not {each.id for each in scene.results()} & {old, since}


async def test_under_the_writes_of_another_process(
    sandbox: Sandbox, sqlite_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As operators do it, beside a desk that people write to meanwhile."""
    monkeypatch.setattr(jobs, "UNDER_WAY", timedelta(seconds=3))  # no call takes longer here
    monkeypatch.setenv("DATABASE_URL", sqlite_url.render_as_string())
    monkeypatch.chdir(tmp_path)
    stage = Story(sandbox, sqlite_url)
    quickly = {"REQUESTS_PER_10_MINUTES": "1000", "GROUP_WINDOW": "0", "JOB_LEASE": "2"}
    env, file = environment(sandbox, sqlite_url, **quickly), tmp_path / "b.db"

    async def command(*words: str) -> int:
        result = await asyncio.to_thread(CliRunner().invoke, cli.app, words)
        return result.exit_code

    async def ask() -> None:
        for each in itertools.count():
            await stage.posted(sample.HELP, f"printer {each} is on fire")
            await asyncio.sleep(0.4)  # so fast do people write

    async with process(env, tmp_path, "run") as desk:
        await sandbox.until(lambda: sandbox.sockets.connected > 0, 30)
        asking = asyncio.create_task(ask())
        await stage.card()
        assert await command("backup", str(file)) == 0
        assert await command("restore", str(file)) == 0
        asking.cancel()
        await asyncio.wait([asking])
        await stage.posted(sample.HELP, "My last request")
        await stage.card(says="My last request")
        await stage.settled(60)
        desk.terminate()
        await asyncio.wait_for(desk.communicate(), 30)
    assert desk.returncode == 0
    with stage.database.reading() as session:
        [[checked]] = session.connection().exec_driver_sql("PRAGMA integrity_check").all()
    assert checked == "ok"
    roots = [each.thread_ts for each in stage.seen(sample.HELP) if each.bot_id]
    assert len(roots) == len(set(roots))  # one receipt a request
    stage.database.dispose()


def refused(settings: DatabaseSettings, file: Path) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        backups.restore(settings, file)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_backup_is_not_overwritten_by_mistake(sqlite_url: URL, tmp_path: Path) -> None:
    file, settings = tmp_path / "desk.db", of(sqlite_url)
    file.write_text("precious", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="--force"):
        backups.back_up(settings, file, force=False)
    assert file.read_text(encoding="utf-8") == "precious"
    backups.back_up(settings, file, force=True)
    assert file.read_bytes().startswith(b"SQLite format 3")
    for part in ("", "-wal", "-shm", "-journal"):
        with pytest.raises(ConfigurationError, match=r"the database itself: choose another name$"):
            backups.back_up(settings, Path(f"{sqlite_url.database}{part}"), force=True)
    with pytest.raises(ConfigurationError, match="No such file"):
        backups.back_up(settings, tmp_path / "nowhere" / "desk.db", force=False)


def test_what_is_no_backup_of_this_desk_is_refused(sqlite_url: URL, tmp_path: Path) -> None:
    settings, file = of(sqlite_url), tmp_path / "desk.db"
    target = Path(str(sqlite_url.database))
    assert "there is no backup" in refused(settings, file)
    assert "the desk's database itself" in refused(settings, target)
    file.write_text("no database at all, but long enough to look at " * 20, encoding="utf-8")
    assert "is no sound backup: file is not a database" in refused(settings, file)
    for statement, said in (
        ("UPDATE alembic_version SET version_num = 'from_the_future'", "does not know"),
        ("UPDATE workspaces SET team_id = 'T0OTHER'", "another Slack workspace"),
        ("DELETE FROM workspaces", "or of none"),
        ("DROP TABLE alembic_version", "no tables yet"),
    ):
        backups.back_up(settings, file, force=True)
        with sqlite3.connect(file) as kept:
            kept.execute(statement)
        kept.close()
        before = target.read_bytes()
        assert said in refused(settings, file)
        assert target.read_bytes() == before
    assert left(tmp_path) == ["desk.db"]


def test_each_restore_keeps_what_was_there(sqlite_url: URL, tmp_path: Path) -> None:
    """Two within one second, too."""
    settings, file = of(sqlite_url), tmp_path / "desk.db"
    target = Path(str(sqlite_url.database))
    backups.back_up(settings, file, force=False)
    with time_machine.travel("2026-11-23T09:00:00Z"):
        said = [backups.restore(settings, file) for _ in range(2)]
    kept = list(target.parent.glob(f"{target.name}.before-*"))
    assert len(kept) == 2
    assert {each.rpartition(" ")[2] for each in said} == {f"{each}." for each in kept}


def test_over_a_damaged_database_it_says_what_to_move_away(sqlite_url: URL, tmp_path: Path) -> None:
    settings, file = of(sqlite_url), tmp_path / "desk.db"
    target = Path(str(sqlite_url.database))
    backups.back_up(settings, file, force=False)
    target.write_bytes(b"zeros in place of a header" + bytes(8_192))
    assert f"{target}-wal" in refused(settings, file)
    target.rename(target.with_name("damaged.db"))
    assert str(target) in backups.restore(settings, file)
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(
    sqlite_url: URL, files_backend: SqliteBackend, tmp_path: Path
) -> None:
    file = tmp_path / "desk.db"
    backups.back_up(of(sqlite_url), file, force=False)
    downgrade(URL.create("sqlite+pysqlite", database=str(file)), "0001")
    empty = files_backend.empty()
    assert "open then: 0;" in backups.restore(of(empty), file)
    with sqlite3.connect(str(empty.database)) as restored:
        [[version]] = restored.execute("SELECT version_num FROM alembic_version").fetchall()
    restored.close()
    assert version != "0001"
    assert stat.S_IMODE(Path(str(empty.database)).stat().st_mode) == 0o600


def test_postgresql_has_its_own(tmp_path: Path) -> None:
    url, file = "postgresql://desk:geheim@127.0.0.1:1/desk", tmp_path / "desk.db"
    settings = DatabaseSettings(_env_file=None, database_url=url)
    with pytest.raises(ConfigurationError, match="pg_dump"):
        backups.back_up(settings, file, force=False)
    assert "pg_restore" in refused(settings, file)
