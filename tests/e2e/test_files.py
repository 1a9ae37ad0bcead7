"""Files: where agents cannot see them, the bot brings them into the card's thread."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.sandbox import sample
from bot.sandbox.records import Change, File, Message
from bot.sandbox.server import Sandbox
from core.worker import Worker
from storage.repositories import jobs
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording
from tests.e2e.test_backup import bring_back, keep

QUIET = "C0QUIET0001"
SHOT = b"\x89PNG" + b"pixels" * 100


def shot(name: str = "screen.png", content: bytes = SHOT, says: int = 0) -> File:
    """Make a file to post; Slack says that it has that many bytes, or says the truth."""
    return File(f"F0{name.upper()[:8]}", name, sample.ANA, "image/png", content, length=says)


@pytest.fixture
async def quiet(open_story: OpenStory, sandbox: Sandbox) -> Story:
    """A desk whose intake channel is private: Ben and Cy are not in it."""
    workspace = sandbox.workspace
    members = {sample.ANA, sample.DEE, workspace.bot.id}
    workspace.add_channel("quiet", id=QUIET, members=members, is_private=True)
    return await open_story(intake_channels="#help,#quiet")


def copies(story: Story, card: Message) -> list[File]:
    """Return the files in the card's thread."""
    return [
        story.sandbox.workspace.files[file.id]
        for message in story.thread(sample.TRIAGE, card.ts)
        for file in message.files
    ]


async def test_in_a_private_channel_they_are_brought_to_the_card(quiet: Story) -> None:
    await quiet.posted(QUIET, "my screen is black", files=[shot(), shot("log.txt", b"line\n")])
    card = await quiet.card(says="screen.png")
    await quiet.until(lambda: len(copies(quiet, card)) == 2)
    await quiet.settled()
    found = copies(quiet, card)
    assert [(file.name, file.content) for file in found] == [
        ("screen.png", SHOT),
        ("log.txt", b"line\n"),
    ]
    assert "log.txt" in wording(quiet.cards()[-1])


async def test_in_a_direct_message(story: Story) -> None:
    """What the requester adds below the receipt, where nobody but the bot and they can read."""
    await story.people.slash(sample.ANA, sample.GENERAL, "/ticket", "my screen is black")
    receipt = await story.receipt()
    await story.settled()
    await story.posted(story.direct(sample.ANA), "like this", thread_ts=receipt.ts, files=[shot()])
    card = await story.card(says="screen.png")
    await story.until(lambda: copies(story, card))
    await story.settled()
    assert [file.content for file in copies(story, card)] == [SHOT]
    assert list(story.said()[-1].file_copies.values()) == [copies(story, card)[0].id]


async def test_where_agents_can_see_them_they_are_only_listed(scene: Story) -> None:
    await scene.posted(sample.HELP, "my screen is black", files=[shot()])
    card = await scene.card(says="screen.png")
    await scene.settled()
    assert not copies(scene, card)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (shot(content=bytes(20 * 1024 * 1024 + 1)), "(21.0 MB): it is larger than 20 MB"),
        (shot(content=bytes(20 * 1024 * 1024 + 1), says=10), "it is larger than 20 MB"),
        (shot(content=b""), "it is empty"),
    ],
    ids=["too large", "larger than Slack says", "empty"],
)
async def test_what_is_left_out_is_said_once(quiet: Story, file: File, why: str) -> None:
    quiet.sandbox.faults.drop_answer("chat.postMessage")
    await quiet.posted(QUIET, "see both", files=[file, shot("small.png")])
    card = await quiet.card(says="small.png")
    await quiet.settled()
    assert [each.name for each in copies(quiet, card)] == ["small.png"]
    [said] = [each.text for each in quiet.thread(sample.TRIAGE, card.ts) if not each.files]
    assert "Not copied here:" in said
    assert "screen.png" in said
    assert why in said


@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "files.completeUploadExternal", "files.info"]
)
async def test_each_appears_once_whatever_breaks_off(quiet: Story, method: str) -> None:
    shared = 0

    def count(change: Change) -> None:
        nonlocal shared
        message = change.message
        shared += change.kind == "message" and bool(message and message.bot_id and message.files)

    quiet.sandbox.faults.drop_answer(method)
    with quiet.sandbox.workspace.changes.observed_by(count):
        await quiet.posted(QUIET, "see", files=[shot()])
        card = await quiet.card(says="screen.png")
        await quiet.settled()
    assert shared == 1
    assert [file.content for file in copies(quiet, card)] == [SHOT]


async def test_they_wait_for_the_card(quiet: Story) -> None:
    quiet.sandbox.faults.fail("chat.postMessage", times=2)
    await quiet.posted(QUIET, "see", files=[shot()])
    card = await quiet.card(says="screen.png")
    await quiet.settled()
    assert len(copies(quiet, card)) == 1


async def test_who_deletes_the_message_deletes_the_copies(quiet: Story) -> None:
    asked = await quiet.posted(QUIET, "see")
    card = await quiet.card(says="Reply draft")
    wrong = await quiet.posted(QUIET, "this", thread_ts=asked, files=[shot()])
    await quiet.until(lambda: copies(quiet, card))
    await quiet.settled()
    [copy] = copies(quiet, card)
    await quiet.people.delete(sample.ANA, QUIET, wrong)
    await quiet.until(lambda: copy.id not in quiet.sandbox.workspace.files)
    await quiet.settled()
    assert not any(message.files for message in quiet.thread(sample.TRIAGE, card.ts))
    assert quiet.said()[-1].file_copies == {}


async def test_deleted_while_it_is_copied(quiet: Story) -> None:
    """The deletion comes while the upload is being completed: the copy goes again."""
    asked = await quiet.posted(QUIET, "see")
    card = await quiet.card(says="Reply draft")
    quiet.sandbox.faults.slow("files.completeUploadExternal", 0.7)
    wrong = await quiet.posted(QUIET, "this", thread_ts=asked, files=[shot()])
    await quiet.until(lambda: copies(quiet, card))
    await quiet.people.delete(sample.ANA, QUIET, wrong)
    await quiet.settled()
    assert not any(message.files for message in quiet.thread(sample.TRIAGE, card.ts))


async def test_a_private_ticket_whose_card_shows_its_number_only(quiet: Story) -> None:
    asked = await quiet.posted(QUIET, "see")
    card = await quiet.card(says="Reply draft")
    await quiet.settled()
    with quiet.database.writing() as session:
        session.execute(text("UPDATE tickets SET private = true"))
    await quiet.posted(QUIET, "this", thread_ts=asked, files=[shot()])
    await quiet.until(lambda: quiet.said()[-1].files)
    await quiet.settled()
    assert not copies(quiet, card)


async def test_a_copy_that_cannot_be_deleted_does_not_keep_the_others(quiet: Story) -> None:
    asked = await quiet.posted(QUIET, "see")
    card = await quiet.card(says="Reply draft")
    files = [shot(), shot("log.txt", b"line\n")]
    wrong = await quiet.posted(QUIET, "this", thread_ts=asked, files=files)
    await quiet.until(lambda: len(copies(quiet, card)) == 2)
    await quiet.settled()
    quiet.sandbox.faults.error("files.delete", "cant_delete_file")
    await quiet.people.delete(sample.ANA, QUIET, wrong)
    await quiet.until(lambda: len(copies(quiet, card)) == 1)
    await quiet.settled()
    assert [file.name for file in copies(quiet, card)] == ["screen.png"]


async def test_after_a_restore_they_are_not_copied_again(
    quiet: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even two that are alike: each copy is taken for one of them."""
    monkeypatch.setattr(jobs, "UNDER_WAY", timedelta(0))
    file = tmp_path / "desk.db"
    asked = await quiet.posted(QUIET, "my screen is black")
    card = await quiet.card(says="Reply draft")
    await quiet.settled()
    twins = [shot(), replace(shot(), id="F0TWIN")]
    with monkeypatch.context() as idle:
        idle.setattr(Worker, "_room", lambda _: ([], 0))
        await quiet.posted(QUIET, "see", thread_ts=asked, files=twins)
        await quiet.until(lambda: quiet.said()[-1].files)
        await asyncio.to_thread(keep, quiet, file)
    await quiet.until(lambda: len(copies(quiet, card)) == 2)
    await quiet.settled()
    before = copies(quiet, card)
    await asyncio.to_thread(bring_back, quiet, file)
    await quiet.until(lambda: len(quiet.said()[-1].file_copies) == 2)
    await quiet.settled()
    assert copies(quiet, card) == before
    assert set(quiet.said()[-1].file_copies.values()) == {each.id for each in before}
