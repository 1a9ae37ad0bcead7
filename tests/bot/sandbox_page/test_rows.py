"""What a list of messages shows to whom."""

from bot.sandbox.page.reader import Reader
from bot.sandbox.page.reading import Reading
from bot.sandbox.page.rows import channel_rows, thread_rows
from bot.sandbox.sample import ANA, BEN, DEE, HELP, acme
from bot.sandbox.workspace import Workspace


def texts(workspace: Workspace, user: str) -> list[str]:
    rows = channel_rows(Reader(workspace, user), Reading(workspace), HELP)
    return [row.message.text for row in rows]


def test_replies_stay_in_their_thread_unless_they_were_sent_to_the_channel_too() -> None:
    workspace = acme()
    root = workspace.post(HELP, ANA, "help")
    workspace.post(HELP, BEN, "here", thread_ts=root.ts)
    workspace.post(HELP, BEN, "for all", thread_ts=root.ts, is_broadcast=True)
    assert texts(workspace, ANA) == ["help", "for all"]
    thread = thread_rows(Reader(workspace, ANA), HELP, root.ts)
    assert [row.message.text for row in thread] == ["help", "here", "for all"]


def test_an_ephemeral_message_is_shown_to_its_reader_only() -> None:
    workspace = acme()
    workspace.post(HELP, workspace.bot.id, "psst", ephemeral_to=ANA)
    assert texts(workspace, ANA) == ["psst"]
    assert texts(workspace, BEN) == []


def test_a_thread_outlives_its_first_message() -> None:
    workspace = acme()
    root = workspace.post(HELP, ANA, "help")
    workspace.post(HELP, BEN, "here", thread_ts=root.ts)
    workspace.delete(HELP, root.ts)
    thread = thread_rows(Reader(workspace, ANA), HELP, root.ts)
    assert [row.message.text for row in thread] == ["here"]


def test_an_author_is_named_once_for_what_they_say_in_a_row() -> None:
    workspace = acme()
    for user in (ANA, ANA, BEN, ANA):
        workspace.post(HELP, user, "words")
    rows = channel_rows(Reader(workspace, ANA), Reading(workspace), HELP)
    assert [row.follows for row in rows] == [False, True, False, False]
    assert [row.day for row in rows] == ["Today", None, None, None]


def test_what_is_new_stands_below_a_line_and_is_signed_anew() -> None:
    workspace = acme()
    for text in ("read", "new"):
        news = workspace.post(HELP, ANA, text).ts
    rows = channel_rows(Reader(workspace, BEN), Reading(workspace), HELP, news)
    assert [(row.is_news, row.follows) for row in rows] == [(False, False), (True, False)]


def test_the_link_to_a_thread_shows_who_wrote_last() -> None:
    workspace = acme()
    root = workspace.post(HELP, ANA, "help")
    for user in (BEN, DEE, BEN):
        workspace.post(HELP, user, "here", thread_ts=root.ts)
    (row,) = channel_rows(Reader(workspace, ANA), Reading(workspace), HELP)
    assert [person.id for person in row.repliers] == [BEN, DEE]


def test_replies_are_counted_and_new_to_those_who_take_part() -> None:
    workspace = acme()
    reading = Reading(workspace)
    root = workspace.post(HELP, ANA, "help")
    workspace.post(HELP, BEN, "here", thread_ts=root.ts)

    def counts(user: str) -> tuple[int, int]:
        (row,) = channel_rows(Reader(workspace, user), reading, HELP)
        return row.replies, row.new_replies

    assert (counts(ANA), counts(DEE)) == ((1, 1), (1, 0))
    reading.mark(ANA, HELP, root.ts)
    assert counts(ANA) == (1, 0)


def test_every_card_is_signed() -> None:
    workspace = acme()
    for _ in range(2):
        card = ({"type": "divider"},)
        workspace.post(HELP, workspace.bot.id, "card", bot_id=workspace.bot_id, blocks=card)
    rows = channel_rows(Reader(workspace, ANA), Reading(workspace), HELP)
    assert [row.follows for row in rows] == [False, False]
