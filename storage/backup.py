"""Copies of a SQLite database, made while others read and write it.

https://www.sqlite.org/backup.html: a copy is one moment of the whole database, and what is copied
over a database appears there as one transaction.
"""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

# Ids that were given out after the backup are in Slack's buttons; none of them may come to mean
# something else. So many are passed over.
PASSED_OVER = 1_000


class NotSound(Exception):
    """The file is no database, or a damaged one, or SQLite cannot write it; the text says which."""


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that is there, outside any transaction."""
    address = f"file:{quote(str(file.resolve()))}?mode=rw"
    with contextlib.closing(
        sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
    ) as connection:
        yield connection


@contextmanager
def draft(beside: Path) -> Iterator[Path]:
    """Give an empty file (mode 600) in the same folder, gone at the end if it is still there."""
    handle, name = tempfile.mkstemp(prefix=f".{beside.name}.", dir=beside.resolve().parent)
    os.close(handle)
    file = Path(name)
    try:
        yield file
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{file}{ending}").unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Make ``target`` hold what ``source`` holds now, in one step.

    Raises:
        NotSound: one of them is no database, or damaged, or cannot be written.
    """
    try:
        with _opened(source) as origin, _opened(target) as copied:
            origin.backup(copied)
    except sqlite3.DatabaseError as error:
        raise NotSound(str(error)) from None


def close_up(file: Path) -> None:
    """Check a copy that nobody else uses yet, and make it a single file.

    Raises:
        NotSound: it is damaged.
    """
    try:
        with _opened(file) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            [found] = connection.execute("PRAGMA integrity_check(1)").fetchone()
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise NotSound(str(error)) from None
    if found != "ok" or broken is not None:
        raise NotSound(found if found != "ok" else f"rows of {broken[0]} refer to nothing")


def is_ours_alone(file: Path) -> bool:
    """Whether no other process has the database open, be it that it only waits.

    SQLite leaves WAL, which a desk turns on when it opens its database, for its last user only.

    Raises:
        NotSound: it is no database, or damaged, or cannot be written.
    """
    try:
        with _opened(file) as connection:
            connection.execute("PRAGMA busy_timeout = 1000")
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise NotSound(str(error)) from None
    return True


def workspaces(file: Path) -> set[tuple[int, str]]:
    """Return id and Slack's id of the workspaces in the database; none where it has no tables.

    Raises:
        NotSound: it is no database, or damaged.
    """
    try:
        with _opened(file) as connection:
            if not connection.execute("PRAGMA table_info(workspaces)").fetchall():
                return set()
            return set(connection.execute("SELECT id, team_id FROM workspaces").fetchall())
    except sqlite3.DatabaseError as error:
        raise NotSound(str(error)) from None


def pass_over_ids(file: Path, *, replaced: Path | None) -> None:
    """Let new tickets and drafts have ids that neither database has given out.

    Tickets count from ``sqlite_sequence``. Drafts count from the highest one, so that one moves up,
    and its card's button, which names the old one, approves nothing any more.
    """
    highest_ticket, highest_draft = 0, 0
    for each in (file, replaced):
        if each is None:
            continue
        with _opened(each) as connection:
            tickets = connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = 'tickets'"
            ).fetchone()
            [draft_id] = connection.execute("SELECT max(id) FROM results").fetchone()
        highest_ticket = max(highest_ticket, tickets[0] if tickets else 0)
        highest_draft = max(highest_draft, draft_id or 0)
    with _opened(file) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM sqlite_sequence WHERE name = 'tickets'")
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', ?)",
            (highest_ticket + PASSED_OVER,),
        )
        moved = {
            "to": highest_draft + PASSED_OVER,
            "was": connection.execute("SELECT max(id) FROM results").fetchone()[0],
        }
        connection.execute("UPDATE replies SET result_id = :to WHERE result_id = :was", moved)
        connection.execute("UPDATE results SET id = :to WHERE id = :was", moved)
        connection.execute("COMMIT")
