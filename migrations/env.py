"""Alembic's entry: which database, which tables, and how to alter them safely."""

from logging.config import fileConfig
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, Connection, DefaultClause, Engine, create_engine, event, pool
from sqlalchemy.sql.elements import False_, True_

from storage.tables import Base
from storage.types import Json, UtcDateTime
from storage.url import DEFAULT_URL, create_file, normalise


class DatabaseAddress(BaseSettings):
    """Where the database is; migrations need no other setting, and no token."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: str = DEFAULT_URL


def run() -> None:
    """Migrate the database that the caller passed, or else the one that the settings name."""
    config = context.config
    if config.config_file_name and config.attributes.get("logging", True):
        fileConfig(config.config_file_name, disable_existing_loggers=False)
    url = normalise(str(config.attributes.get("url") or DatabaseAddress().database_url))
    if context.is_offline_mode():
        context.configure(
            url=url, target_metadata=Base.metadata, literal_binds=True, render_as_batch=True
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    create_file(url)
    engine = migration_engine(url)
    with engine.connect() as connection:
        migrate(connection)
    engine.dispose()


def migration_engine(url: URL) -> Engine:
    """An engine whose SQLite transactions hold schema changes too, with foreign keys off.

    SQLite alters a table by copying it and dropping the old one. With foreign keys on, that drop
    deletes by cascade the rows that refer to it: https://www.sqlite.org/lang_altertable.html
    """
    engine = create_engine(url, poolclass=pool.NullPool)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would commit before each schema change
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA busy_timeout = 10000")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(connection: Connection) -> None:
    """Run the revisions in one transaction; on SQLite, check all foreign keys before it ends."""
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if sqlite else []
        if broken:
            raise RuntimeError(f"the migration left {len(broken)} rows that refer to nothing")


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as plain ones: a revision must not change when our code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is Json:
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    # A revision written on SQLite would say 0 or 1, which is no boolean on PostgreSQL.
    if isinstance(item, DefaultClause) and isinstance(item.arg, False_ | True_):
        return f"sa.{item.arg}()"
    return False


run()
