"""The many spellings of a database's address."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from storage import schema
from storage.database import Database
from storage.url import (
    DEFAULT_URL,
    UnusableUrl,
    create_file,
    create_folder,
    normalise,
    secrets_of,
    shown,
)


@pytest.mark.parametrize(
    ("written", "used"),
    [
        (DEFAULT_URL, "sqlite+pysqlite:///data/ticketloop.db"),
        ("sqlite:////var/lib/desk.db", "sqlite+pysqlite:////var/lib/desk.db"),
        ("sqlite+pysqlite:///desk.db", "sqlite+pysqlite:///desk.db"),
        ("sqlite+aiosqlite:///desk.db", "sqlite+pysqlite:///desk.db"),
        ("postgres://u:p@host/desk", "postgresql+psycopg://u:p@host/desk"),
        ("postgresql://u:p@host:5433/desk", "postgresql+psycopg://u:p@host:5433/desk"),
        ("postgresql+psycopg://u@host/desk", "postgresql+psycopg://u@host/desk"),
        ("postgresql+psycopg2://u@host/desk", "postgresql+psycopg://u@host/desk"),
        ("postgresql+asyncpg://u@host/desk", "postgresql+psycopg://u@host/desk"),
        ("  postgres://host/desk\n", "postgresql+psycopg://host/desk"),
        ("postgres://host/desk?sslmode=require", "postgresql+psycopg://host/desk?sslmode=require"),
        ("postgres://u:a%40b%2Fc@host/desk", "postgresql+psycopg://u:a%40b%2Fc@host/desk"),
        ("postgres://host/desk?user=u&password=p", "postgresql+psycopg://u:p@host/desk"),
        ("postgres://u:p@host/desk?password=q", "postgresql+psycopg://u:q@host/desk"),
        ("postgres://host/desk?password=p", "postgresql+psycopg://:p@host/desk"),
    ],
)
def test_spellings(written: str, used: str) -> None:
    assert normalise(written).render_as_string(hide_password=False) == used


def test_no_secret_is_shown_wherever_it_was_written() -> None:
    url = normalise(
        "postgres://host/desk?user=u&password=geheim1&sslpassword=geheim2&sslmode=prefer"
    )
    assert shown(url) == "postgresql+psycopg://u:***@host/desk"
    assert secrets_of(url) == {"geheim1", "geheim2"}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "not a database address"),
        ("data/ticketloop.db", "not a database address"),
        ("mysql://host/desk", "mysql is not supported"),
        ("sqlite://", "a desk needs a file"),
        ("sqlite:///:memory:", "a desk needs a file"),
        ("postgres://u:pass@word:host@db/desk", "not a database address"),
        ("postgres://host:port/desk", "not a database address"),
    ],
)
def test_unusable(written: str, why: str) -> None:
    with pytest.raises(UnusableUrl, match=why) as refusal:
        normalise(written)
    assert "word" not in str(refusal.value).replace("user:password", "")


def test_the_folder_of_a_file_is_made(tmp_path: Path) -> None:
    create_folder(normalise(f"sqlite:///{tmp_path}/a/b/desk.db"))
    assert (tmp_path / "a" / "b").is_dir()
    create_folder(URL.create("postgresql+psycopg", database="x/y"))


def test_a_database_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    """With what SQLite puts beside it."""
    url = normalise(f"sqlite:///{tmp_path}/data/desk.db")
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        session.execute(text("SELECT 1"))
        modes = {
            each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "data").iterdir()
        }
    database.dispose()
    assert modes == {"desk.db": 0o600, "desk.db-wal": 0o600, "desk.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_file_that_is_there_stays_as_open_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    file.touch(0o640)
    file.chmod(0o640)
    create_file(normalise(f"sqlite:///{file}"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
