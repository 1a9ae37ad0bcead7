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

# How libpq's parameters end that hold a secret: sslpassword, oauth_client_secret.
_SECRET = ("password", "secret")


class UnusableUrl(ValueError):
    """The address names no database that this program can use."""


def normalise(text: str) -> URL:
    """Return the address with the driver that this program uses.

    A relative SQLite path stays relative to the working directory. User and password stand where
    they are hidden, also if they were written as ``?user=…&password=…``.

    Raises:
        UnusableUrl: it is no database address, or names a database that is not supported.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):  # a port that is no number; the text would show a password
        raise UnusableUrl(
            "it is not a database address; write sqlite:///data/ticketloop.db "
            "or postgresql://user@host/name"
        ) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise UnusableUrl(f"{url.drivername} is not supported; use sqlite or postgresql")
    if driver.startswith("sqlite") and url.database in {None, "", ":memory:"}:
        raise UnusableUrl("a desk needs a file: an in-memory database would be lost at exit")
    return _with_credentials_in_place(url.set(drivername=driver))


def _with_credentials_in_place(url: URL) -> URL:
    """Take user and password out of the query, where libpq lets them win and nothing hides them."""
    named = url.normalized_query
    if url.get_backend_name() == "sqlite" or not named.keys() & {"user", "password"}:
        return url
    user, password = (named.get(name, (None,))[-1] for name in ("user", "password"))
    # Without a user, not even an empty one, SQLAlchemy leaves the password out of the address.
    return url.difference_update_query(["user", "password"]).set(
        username=user or url.username or "", password=password or url.password
    )


def shown(url: URL) -> str:
    """Return the address as people may see it: no password, and no query, which may hold more."""
    return url.set(query={}).render_as_string()


def secrets_of(url: URL) -> set[str]:
    """Return what must not be seen of a normalised address."""
    named = url.normalized_query.items()
    held = {value for name, values in named if name.endswith(_SECRET) for value in values}
    return held | {url.password or ""}


def create_folder(url: URL) -> None:
    """Create the folder of a SQLite file, for nobody else to look into; nothing for a server."""
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(0o700, parents=True, exist_ok=True)


def create_file(url: URL) -> None:
    """Create a SQLite file and its folder, for nobody else to read; nothing for a server.

    SQLite itself would let everybody read it. What it puts beside the file is as open as the file.
    """
    create_folder(url)
    if url.get_backend_name() == "sqlite" and url.database and not url.query:  # no file:…?uri=true
        file = Path(url.database)
        if not file.exists():
            file.touch(0o600)
