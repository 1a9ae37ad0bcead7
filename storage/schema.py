"""Whether the database has the tables that this program was written for, and how it gets them."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL
from sqlalchemy.orm import Session

from storage.database import Database


class WrongSchema(Exception):
    """The tables are not those of this program; the text names the command that helps."""


class OldSchema(WrongSchema):
    """The tables are those of an earlier program, and ``upgrade`` makes them ours."""


def config(url: URL) -> Config:
    """Alembic's configuration for that database; its log stays the caller's."""
    made = Config(attributes={"url": url.render_as_string(hide_password=False), "logging": False})
    made.set_main_option("script_location", str(files("migrations")))
    return made


def upgrade(url: URL) -> None:
    """Bring the tables up to date."""
    command.upgrade(config(url), "head")


def is_current(session: Session) -> bool:
    """Whether the tables are up to date: a question that is asked often, and writes nothing."""
    current = MigrationContext.configure(session.connection()).get_current_revision()
    return current == _head()


@cache
def _head() -> str | None:
    return ScriptDirectory(str(files("migrations"))).get_current_head()


def check(database: Database) -> None:
    """Make sure that the tables are up to date.

    Raises:
        OldSchema: they are older.
        WrongSchema: they are newer, or not there.
    """
    script = ScriptDirectory.from_config(config(database.url))
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current is None:
        raise WrongSchema("the database has no tables yet; run: ticketloop migrate")
    known = {revision.revision for revision in script.walk_revisions()}
    if current in known:
        raise OldSchema(
            f"the database is at {current}, behind this program; run: ticketloop migrate"
        )
    raise WrongSchema(
        f"the database is at {current}, which this program does not know: it was "
        "migrated by a newer one; install that, or run its: alembic downgrade"
    )
