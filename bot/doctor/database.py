"""The database: does it answer, are its tables ours, does it know our prompts, is there room?"""

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from humanize import naturalsize
from sqlalchemy.exc import DBAPIError

from bot.database import unreachable
from bot.doctor.finding import Finding, fail, ok, skipped, warn
from core import ledger, registry
from core.errors import ConfigurationError
from core.model_reply import ModelReply
from core.prompts import PromptError, published, verify_lock
from core.settings import Settings
from storage import schema
from storage.database import Database
from storage.url import normalise, shown

LITTLE = 1_000_000_000
TOO_LITTLE = 100_000_000
MIGRATE = "run: ticketloop migrate"


def examine(settings: Settings) -> list[Finding]:
    """Look at the database and the disk below it."""
    url = normalise(settings.database_url)
    address = shown(url)
    file = Path(url.database or "")
    disk = [*_disk(file), *_privacy(file)] if url.get_backend_name() == "sqlite" else []
    if disk and not file.is_file():
        missing = fail("database", f"there is no database at {address} yet", MIGRATE)
        return [missing, *_not_looked_at("there is no database"), *disk]
    database = Database(url)
    try:
        return [*_opened(database, address, settings), *disk]
    finally:
        database.dispose()


def account(settings: Settings, reply: ModelReply[Any]) -> None:
    """Write a call of the model into the ledger of a database that was found well."""
    database = Database(normalise(settings.database_url))
    try:
        with database.writing() as session:
            ledger.tried_out(session, reply=reply)
    finally:
        database.dispose()


def _opened(database: Database, address: str, settings: Settings) -> list[Finding]:
    answers = ok("database", f"{address} answers")
    try:
        schema.check(database)
    except schema.WrongSchema as error:
        says, _, do = str(error).partition("; ")
        because = "the tables are not those of this program"
        return [answers, fail("schema", says, do), skipped("prompts", because)]
    except (DBAPIError, OSError) as error:
        says = str(unreachable(address, error)).removeprefix("DATABASE_URL: ")
        away = fail("database", says, "start it, or mend DATABASE_URL")
        return [away, *_not_looked_at("the database does not answer")]
    return [
        answers,
        ok("schema", "the tables are those of this program"),
        _prompts(database, settings),
    ]


def _not_looked_at(because: str) -> list[Finding]:
    return [skipped("schema", because), skipped("prompts", because)]


def _prompts(database: Database, settings: Settings) -> Finding:
    """Whether the files are what was published, and what this database knows of them."""
    try:
        verify_lock()
        with database.writing() as session:
            registry.register(session, prompts=published())
            registry.version(session, name="triage", version=settings.prompt_version)
            session.rollback()
    except PromptError as error:
        return fail("prompts", str(error), "restore the files of prompts/ from the repository")
    except ConfigurationError as error:
        says, _, do = str(error).partition(": ")
        return fail("prompts", says, do)
    except DBAPIError as error:
        return fail(
            "prompts", f"the database takes no writes: {error.orig}", "let the desk's user write it"
        )
    return ok("prompts", f"triage/{settings.prompt_version} is there, and none was changed")


def _privacy(file: Path) -> Iterator[Finding]:
    if not file.is_file():
        return
    may_read = file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    may_enter = file.absolute().parent.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH)
    if may_read and may_enter:
        says = f"{file} holds every conversation and others may read it"
        yield warn("privacy", says, f"chmod 600 {shlex.quote(str(file))}*")


def _disk(file: Path) -> list[Finding]:
    """SQLite writes the file and two more beside it."""
    folder = next(each for each in file.absolute().parents if each.is_dir())
    free = shutil.disk_usage(folder).free
    says = f"{naturalsize(free)} free beside {file}"
    locked = [each for each in (folder, file) if each.exists() and not os.access(each, os.W_OK)]
    if locked:
        return [fail("disk", f"{locked[0]} cannot be written", "let the desk's user write it")]
    if free < TOO_LITTLE:
        return [fail("disk", says, "make room: without it no request can be taken")]
    if free < LITTLE:
        return [warn("disk", says, "make room soon")]
    return [ok("disk", says)]
