"""Whether the database has the tables that this program was written for, and how it gets them."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.orm import Session

from storage.database import Database

if TYPE_CHECKING:  # ten megabytes that a desk needs no more once it is migrated
    from alembic.config import Config


class WrongSchema(Exception):
    """The tables are not those of this program; the text names the command that helps."""


class OldSchema(WrongSchema):
    """The tables are those of an earlier program, and ``upgrade`` makes them ours."""


def config(url: URL) -> "Config":
    """Alembic's configuration for that database; its log stays the caller's."""
    from alembic.config import Config

    made = Config(attributes={"url": url.render_as_string(hide_password=False), "logging": False})
    made.set_main_option("script_location", str(files("migrations")))
    return made


def upgrade(url: URL) -> None:
    """Bring the tables up to date."""
    from alembic import command

    command.upgrade(config(url), "head")


def is_current(session: Session) -> bool:
    """Whether the tables are up to date: a question that is asked often, and writes nothing."""
    return _revision(session.connection()) == revisions()[-1]


def _revision(connection: Connection) -> str | None:
    """At which migration the tables are, as Alembic keeps it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


@cache
def revisions() -> tuple[str, ...]:
    """Return the migrations, the oldest first: each file has its own in its name."""
    names = [each.name for each in files("migrations").joinpath("versions").iterdir()]
    return tuple(sorted(name.split("_")[1] for name in names if name.endswith(".py")))


def check(database: Database) -> None:
    """Make sure that the tables are up to date.

    Raises:
        OldSchema: they are older.
        WrongSchema: they are newer, or not there.
    """
    with database.engine.connect() as connection:
        current = _revision(connection)
    if current == revisions()[-1]:
        return
    if current is None:
        raise WrongSchema("the database has no tables yet; run: ticketloop migrate")
    if current in revisions():
        raise OldSchema(
            f"the database is at {current}, behind this program; run: ticketloop migrate"
        )
    raise WrongSchema(
        f"the database is at {current}, which this program does not know: it was "
        "migrated by a newer one; install that, or run its: alembic downgrade"
    )
