"""Unread marks."""

from bot.sandbox.page.reading import Reading
from bot.sandbox.sample import ANA, BEN, DEE, HELP, acme


def test_what_others_wrote_is_unread_until_the_channel_was_open() -> None:
    workspace = acme()
    reading = Reading(workspace)
    workspace.post(HELP, ANA, "one")
    workspace.post(HELP, DEE, "two")
    assert (reading.unread(ANA, HELP), reading.unread(BEN, HELP)) == (1, 2)
    reading.mark(BEN, HELP)
    assert reading.unread(BEN, HELP) == 0
    workspace.post(HELP, ANA, "three")
    assert reading.unread(BEN, HELP) == 1


def test_an_open_channel_does_not_count_as_an_open_thread() -> None:
    workspace = acme()
    reading = Reading(workspace)
    root = workspace.post(HELP, ANA, "help")
    workspace.post(HELP, BEN, "here", thread_ts=root.ts)
    reading.mark(ANA, HELP)
    assert reading.unread(ANA, HELP) == 1
    reading.mark(ANA, HELP, root.ts)
    assert reading.unread(ANA, HELP) == 0


def test_what_is_new_begins_after_what_was_read() -> None:
    workspace = acme()
    reading = Reading(workspace)
    root = workspace.post(HELP, ANA, "read")
    assert reading.first_new(BEN, HELP) is None, "all is new to who never was here"
    reading.mark(BEN, HELP)
    workspace.post(HELP, BEN, "my own")
    workspace.post(HELP, ANA, "a reply", thread_ts=root.ts)
    assert reading.first_new(BEN, HELP) is None
    news = workspace.post(HELP, ANA, "new")
    workspace.post(HELP, ANA, "newer")
    assert reading.first_new(BEN, HELP) == news.ts


def test_joining_and_private_notes_are_not_news() -> None:
    workspace = acme()
    reading = Reading(workspace)
    newcomer = workspace.add_person("eve").id
    workspace.join(HELP, newcomer)
    workspace.post(HELP, workspace.bot.id, "psst", ephemeral_to=ANA)
    assert reading.unread(ANA, HELP) == 0
