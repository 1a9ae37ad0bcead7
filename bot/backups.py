"""``ticketloop backup`` and ``restore``: a SQLite desk kept, and brought back, while it runs."""

from datetime import UTC, datetime
from pathlib import Path

from humanize import naturalsize

from core import restoring
from core.errors import ConfigurationError
from core.settings import DatabaseSettings
from storage import backup, schema
from storage.database import Database
from storage.url import create_folder, normalise


def back_up(settings: DatabaseSettings, file: Path, *, force: bool) -> str:
    """Copy the desk's database into that file (mode 600); return what to tell.

    Raises:
        ConfigurationError: it cannot be done, or the file is there and ``force`` is not.
    """
    source = _file_of(settings, instead="pg_dump --format=custom --file FILE")
    if not source.is_file():
        raise ConfigurationError(f"DATABASE_URL: there is no database at {source} to back up")
    is_linked = file.exists() and file.samefile(source)
    if is_linked or file.resolve() in _parts(source.resolve()):
        raise ConfigurationError(f"{file} is the database itself: choose another name")
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already: choose another name, or add --force")
    try:
        with backup.draft(file) as draft:
            backup.copy(source, draft)
            backup.close_up(draft)
            draft.replace(file)
    except backup.NotSound as error:
        raise ConfigurationError(f"{source} cannot be copied to {file}: {error}") from None
    except OSError as error:
        raise _unwritable(file, error) from None
    return f"Backed up {source} to {file} ({naturalsize(file.stat().st_size)})."


def _parts(database: Path) -> list[Path]:
    """Return the files that are the database together: what is not in it yet stands beside it."""
    return [database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal")]


def restore(settings: DatabaseSettings, file: Path) -> str:
    """Put the backup in the place of the desk's database, which is kept; return what to tell.

    Raises:
        ConfigurationError: it cannot be done; nothing was changed.
    """
    target = _file_of(settings, instead="pg_restore --clean --if-exists --dbname DATABASE FILE")
    if not file.is_file():
        raise ConfigurationError(f"there is no backup {file}")
    if target.exists() and file.samefile(target):
        raise ConfigurationError(f"{file} is the desk's database itself: name a backup of it")
    create_folder(normalise(settings.database_url))
    try:
        with backup.draft(target) as draft:
            _prepare(file, draft, target if target.is_file() else None)
            left = _settle(draft)
            backup.close_up(draft)
            kept = _put(draft, target)
    except backup.NotSound as error:
        raise ConfigurationError(f"{target} cannot be restored: {error}") from None
    except OSError as error:
        raise _unwritable(target, error) from None
    said = (
        f"Restored {target} from {file}. Jobs that were open then: {left}; each looks in Slack "
        "before it posts."
    )
    return f"{said} What was there is kept as {kept}." if kept else said


def _file_of(settings: DatabaseSettings, *, instead: str) -> Path:
    url = normalise(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ConfigurationError(f"this is for SQLite; on PostgreSQL use its own: {instead}")
    return Path(url.database)


def _prepare(file: Path, draft: Path, replaced: Path | None) -> None:
    """Copy the backup, and make sure that it is one of this desk, with the tables of today."""
    try:
        backup.copy(file, draft)
        backup.close_up(draft)
        theirs = backup.workspaces(draft)
    except backup.NotSound as error:
        raise ConfigurationError(f"{file} is no sound backup: {error}") from None
    url = normalise(f"sqlite:///{draft}")
    database = Database(url)
    try:
        schema.check(database)
    except schema.OldSchema:
        schema.upgrade(url)
    except schema.WrongSchema as error:
        raise ConfigurationError(f"{file} cannot be restored: {error}") from None
    finally:
        database.dispose()
    try:
        ours = backup.workspaces(replaced) if replaced is not None else set()
    except backup.NotSound as error:
        raise ConfigurationError(
            f"the database at {replaced} is damaged ({error}): stop the desk, move that file away "
            f"with {replaced}-wal and {replaced}-shm, and restore again"
        ) from None
    if ours and ours != theirs:
        raise ConfigurationError(
            f"{file} is of another Slack workspace than the database at {replaced}, or of none: "
            "name another database in DATABASE_URL"
        )
    backup.pass_over_ids(draft, replaced=replaced if ours else None)


def _settle(draft: Path) -> int:
    database = Database(normalise(f"sqlite:///{draft}"))
    try:
        with database.writing() as session:
            return restoring.settle(session)
    finally:
        database.dispose()


def _put(draft: Path, target: Path) -> Path | None:
    """Have ``target`` hold what the draft holds; return where a copy is of what it held."""
    if not target.is_file():
        draft.replace(target)
        return None
    kept = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    with backup.draft(kept) as copied:
        backup.copy(target, copied)
        backup.close_up(copied)
        copied.replace(kept)
    backup.copy(draft, target)
    return kept


def _unwritable(file: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{file} cannot be written: {error.strerror or error}")
