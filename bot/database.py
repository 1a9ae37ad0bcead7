"""The database that the settings name, opened or migrated."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from core.errors import ConfigurationError
from core.settings import DatabaseSettings
from storage import schema
from storage.database import Database
from storage.repositories import contacts
from storage.tables import Workspace
from storage.url import normalise, shown


def open_database(settings: DatabaseSettings) -> Database:
    """Open the database.

    Raises:
        ConfigurationError: it does not answer, or its tables are not those of this program.
    """
    url = normalise(settings.database_url)
    try:
        _refuse_missing(url)
        database = Database(url, echo=settings.db_echo)
        schema.check(database)
    except schema.WrongSchema as error:
        database.dispose()
        raise ConfigurationError(str(error)) from None
    except (DBAPIError, OSError) as error:
        raise unreachable(shown(url), error) from None
    return database


def _refuse_missing(url: URL) -> None:
    """Refuse a SQLite file that is not there: to open it would make an empty one."""
    is_file = url.get_backend_name() == "sqlite" and "uri" not in url.query
    if is_file and not Path(url.database or "").exists():
        raise ConfigurationError(
            f"DATABASE_URL: there is no database at {url.database} yet; correct the address, or "
            "make one with: ticketloop migrate"
        )


@contextmanager
def writing(settings: DatabaseSettings) -> Iterator[Session]:
    """A transaction of a command that writes. Raises what ``open_database`` raises."""
    with _opened(settings) as database, database.writing() as session:
        yield session


@contextmanager
def reading(settings: DatabaseSettings) -> Iterator[Session]:
    """A transaction of a command that only reads. Raises what ``open_database`` raises."""
    with _opened(settings) as database, database.reading() as session:
        yield session


@contextmanager
def _opened(settings: DatabaseSettings) -> Iterator[Database]:
    """Open it for one command; what it refuses later is said in one line, too."""
    database = open_database(settings)
    try:
        yield database
    except OperationalError as error:
        raise unreachable(shown(database.url), error) from None
    finally:
        database.dispose()


def workspace_in(session: Session) -> Workspace:
    """Return the workspace of the desk.

    Raises:
        ConfigurationError: it was never started.
    """
    workspace = contacts.only_workspace(session)
    if workspace is None:
        raise ConfigurationError("no workspace is known yet; start the desk once: ticketloop run")
    return workspace


def migrate(settings: DatabaseSettings) -> str:
    """Bring its tables up to date; return its address without the password.

    Raises:
        ConfigurationError: it does not answer.
    """
    url = normalise(settings.database_url)
    address = shown(url)
    try:
        schema.upgrade(url)
    except (DBAPIError, OSError) as error:
        raise unreachable(address, error) from None
    return address


def unreachable(
    address: str, error: Exception, *, setting: str = "DATABASE_URL"
) -> ConfigurationError:
    """Return the refusal that says why the database does not serve."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    reason = " ".join(str(cause).split())
    return ConfigurationError(
        f"{setting}: the database at {address} cannot be used: {reason[:300]}"
    )
