"""``ticketloop copy-db``: a desk moved from one database to another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import URL, inspect
from sqlalchemy.exc import DBAPIError

from bot.database import unreachable
from core.errors import ConfigurationError
from storage import backup, copying, schema
from storage.copying import InUse, NotCopied, NotEmpty
from storage.database import Database
from storage.url import UnusableUrl, normalise, shown


def copy_db(from_address: str, to_address: str, console: Console) -> str:
    """Copy a desk that is stopped into an empty database; return what to tell.

    Raises:
        ConfigurationError: it cannot be done, and the target has no rows.
    """
    origin, goal = _url("FROM", from_address), _url("TO", to_address)
    if origin == goal:
        raise ConfigurationError("FROM and TO are the same database")
    _refuse_missing(origin)
    with _opened("FROM", origin) as source:
        _refuse_unfit(source)
        with _opened("TO", goal) as target:
            _make_tables(target)
            rows = _copy(source, target, console)
    return (
        f"Copied {rows} rows from {shown(origin)} to {shown(goal)}, read them back and found every "
        "table the same. Now set DATABASE_URL to the new address and start the desk; start none on "
        "the old database any more."
    )


def _url(argument: str, address: str) -> URL:
    try:
        return normalise(address)
    except UnusableUrl as error:
        raise ConfigurationError(f"{argument}: {error}") from None


def _refuse_missing(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise ConfigurationError(f"FROM: there is no database at {url.database}")


@contextmanager
def _opened(argument: str, url: URL) -> Iterator[Database]:
    """Open a database; what it says of an error is said in one line."""
    database = None
    try:
        database = Database(url)
        yield database
    except (DBAPIError, OSError) as error:
        raise unreachable(shown(url), error, setting=argument) from None
    finally:
        if database is not None:
            database.dispose()


def _refuse_unfit(source: Database) -> None:
    """Make sure that the tables are ours, and that no desk has them open."""
    try:
        schema.check(source)
    except schema.WrongSchema as error:
        raise ConfigurationError(f"FROM: {error}") from None
    if source.is_sqlite:
        source.dispose()  # our own connection would be one that has it open
        if not backup.is_ours_alone(Path(source.url.database or "")):
            raise _in_use("another process has it open")


def _in_use(why: str) -> ConfigurationError:
    return ConfigurationError(f"FROM: {why}; stop the desk first, all of its processes")


def _make_tables(target: Database) -> None:
    """Give the target our tables, unless it has them; it holds nothing else."""
    with target.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        try:
            copying.refuse_rows(connection)
        except NotEmpty as error:
            raise _not_empty(error) from None
    if names and "alembic_version" not in names:
        raise _not_empty("it has tables of something else")
    try:
        if names:
            schema.check(target)
    except schema.OldSchema:
        names = []
    except schema.WrongSchema as error:
        raise ConfigurationError(f"TO: {error}") from None
    if not names:
        schema.upgrade(target.url)


def _not_empty(why: object) -> ConfigurationError:
    return ConfigurationError(f"TO: the database is not empty: {why}; name an empty one")


def _copy(source: Database, target: Database, console: Console) -> int:
    try:
        with (
            copying.reading(source) as read,
            copying.writing(target) as written,
            _progress(console, 2 * copying.count(read)) as told,
        ):
            return copying.copy(read, written, told)
    except InUse as error:
        raise _in_use(str(error)) from None
    except NotEmpty as error:
        raise _not_empty(error) from None
    except NotCopied as error:
        raise ConfigurationError(f"TO: {error}; nothing was kept of the copy") from None


@contextmanager
def _progress(console: Console, steps: int) -> Iterator[Callable[[int], None]]:
    """Show a bar: each row is a step when it is copied, and another when it is read back."""
    columns = (TextColumn("Copying and comparing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("", total=steps)
        yield lambda rows: progress.advance(task, rows)
