"""One spelling for the many ways in which people write a database's address."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DEFAULT_URL = "sqlite:///data/ticketloop.db"

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "sqlite+aiosqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgresql+psycopg2": "postgresql+psycopg",
    "postgresql+asyncpg": "postgresql+psycopg",
}


class UnusableUrl(ValueError):
    """The address names no database that this program can use."""


def normalise(text: str) -> URL:
    """Return the address with the driver that this program uses.

    A relative SQLite path stays relative to the working directory.

    Raises:
        UnusableUrl: it is no database address, or names a database that is not supported.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):  # a port that is no number; the text would show a password
        raise UnusableUrl(
            "it is not a database address; write sqlite:///data/ticketloop.db "
            "or postgresql://user:password@host/name"
        ) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise UnusableUrl(f"{url.drivername} is not supported; use sqlite or postgresql")
    if driver.startswith("sqlite") and url.database in {None, "", ":memory:"}:
        raise UnusableUrl("a desk needs a file: an in-memory database would be lost at exit")
    return url.set(drivername=driver)


def create_folder(url: URL) -> None:
    """Create the folder of a SQLite file; nothing for a server."""
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
