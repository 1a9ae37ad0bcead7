"""``ticketloop copy-db``: a desk moved between the two kinds of database, and what it refuses."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from rich.console import Console
from sqlalchemy import URL, Connection, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import NullPool

from bot.moving import copy_db
from core.errors import ConfigurationError
from storage import copying
from storage.copying import canonical
from storage.database import Database
from storage.tables import AuditEvent, Message, Pace, Ticket, utcnow
from storage.url import normalise
from tests.fixtures.database import downgrade, upgrade
from tests.fixtures.postgres import PostgresServer
from tests.storage.test_migrations import contents, populate, sample

ODD = "e\N{COMBINING ACUTE ACCENT} \N{PILE OF POO} \u202e\u2028\\u0000 '\"\t\n\U0010ffff"
NUMBERS = {"a": 1e3, "b": 0.1, "c": 12345678901234567890, "d": [1.0, True, None], ODD: "\\"}
MANY = 130
BOTH_WAYS = pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "postgresql"), ("postgresql", "sqlite")],
    indirect=True,
)


class Kind(Protocol):
    """One kind of database, with a desk in use to copy."""

    def in_use(self) -> URL:
        """Make a database that holds the desk."""
        ...

    def empty(self) -> URL:
        """Make a database without any table."""
        ...

    def drop(self, url: URL) -> None:
        """Remove a database that this made."""
        ...


class SqliteFiles:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._desk = self.empty()
        fill(self._desk)

    def in_use(self) -> URL:
        url = self.empty()
        shutil.copyfile(str(self._desk.database), str(url.database))
        return url

    def empty(self) -> URL:
        return normalise(f"sqlite:///{self._folder / uuid4().hex}.db")

    def drop(self, url: URL) -> None:
        """Leave it to pytest, which owns the folder."""


class PostgresDatabases:
    """Databases on one server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._desk = server.create()
        fill(self._desk)

    def in_use(self) -> URL:
        return self._server.create(template=str(self._desk.database))

    def empty(self) -> URL:
        return self._server.create()

    def drop(self, url: URL) -> None:
        self._server.drop(url)


@pytest.fixture(scope="module")
def kinds(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> dict[str, Kind]:
    return {
        "sqlite": SqliteFiles(tmp_path_factory.mktemp("copied")),
        "postgresql": PostgresDatabases(postgres_server),
    }


@pytest.fixture
def source(request: pytest.FixtureRequest, kinds: dict[str, Kind]) -> Iterator[URL]:
    """A desk in use, stopped: each column of each table filled, and more tickets than a batch."""
    kind = kinds[getattr(request, "param", "sqlite")]
    url = kind.in_use()
    yield url
    kind.drop(url)


@pytest.fixture
def target(request: pytest.FixtureRequest, kinds: dict[str, Kind]) -> Iterator[URL]:
    """A database without anything."""
    kind = kinds[getattr(request, "param", "postgresql")]
    url = kind.empty()
    yield url
    kind.drop(url)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BATCH", 50)


def fill(url: URL) -> None:
    """Make a desk in use."""
    upgrade(url)
    database = Database(url)
    populate(database)
    with database.engine.begin() as connection:
        one = {column.name: sample(column) for column in Ticket.__table__.columns}
        connection.execute(
            insert(Ticket),
            [
                one
                | {"id": number, "external_id": str(number), "root_ts": str(number)}
                | {"resolved_at": None, "raw_text": f"{number} {ODD}", "follows_id": 1}
                for number in range(2, MANY)
            ],
        )
        # A row may refer to a later one, and the highest number may have been deleted.
        connection.execute(update(Ticket).where(Ticket.id == 2).values(follows_id=MANY - 2))
        connection.execute(delete(Ticket).where(Ticket.id == MANY - 1))
        connection.execute(update(AuditEvent).values(details=NUMBERS))
        connection.execute(insert(Pace), [{"key": k, "next_at": utcnow()} for k in "aBÄ_-"])
        _give_out(connection, MANY - 1)
    database.dispose()


def _give_out(connection: Connection, last: int) -> None:
    """Let the sequence be where it is after so many tickets that were opened one by one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval('tickets_id_seq', :last)"), {"last": last})


def copied(source: URL, target: URL) -> tuple[str, str]:
    """Copy; return what is told, and what is shown meanwhile."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True)
    return copy_db(written(source), written(target), console), shown.getvalue()


def written(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def refused(source: URL, target: URL) -> str:
    with pytest.raises(ConfigurationError) as error:
        copied(source, target)
    assert "\n" not in str(error.value)
    return str(error.value)


def rows(url: URL) -> dict[str, list[tuple[object, ...]]]:
    engine = create_engine(url, poolclass=NullPool)
    return {name: sorted(found, key=str) for name, found in contents(engine).items()}


def is_empty(url: URL) -> bool:
    return not any(rows(url).values())


@BOTH_WAYS
def test_every_row_of_every_table_is_there(source: URL, target: URL) -> None:
    before = rows(source)
    assert all(before.values())
    said, shown = copied(source, target)
    count = sum(len(each) for each in before.values())
    assert f"Copied {count} rows" in said
    assert f"{2 * count}/{2 * count}" in shown
    assert rows(target) == before == rows(source)


@BOTH_WAYS
def test_no_number_is_given_out_again(source: URL, target: URL) -> None:
    copied(source, target)
    database = Database(target)
    with database.writing() as session:
        highest = session.scalar(select(Message.id).order_by(Message.id.desc()).limit(1)) or 0
        one = {column.name: sample(column) for column in Ticket.__table__.columns}
        one |= {"id": None, "external_id": "new", "root_ts": "new", "resolved_at": None}
        ticket = Ticket(**one)
        session.add(ticket)
        session.flush()
        said = {column.name: sample(column) for column in Message.__table__.columns}
        message = Message(**said | {"id": None, "ts": "new", "ticket_id": ticket.id})
        session.add(message)
        session.flush()
        assert ticket.id == MANY
        assert message.id == highest + 1
    database.dispose()


@BOTH_WAYS
def test_the_target_is_as_strict_as_before(source: URL, target: URL) -> None:
    """References are looked at when a row is written, as the migrations made it."""
    copied(source, target)
    database = Database(target)
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(update(Ticket).where(Ticket.id == 1).values(follows_id=987_654))
    database.dispose()


ALTERS = {
    "sqlite": (
        "CREATE TRIGGER alters AFTER INSERT ON messages BEGIN "
        "UPDATE messages SET text = text || ' ' WHERE id = NEW.id; END"
    ),
    "postgresql": (
        "CREATE FUNCTION alters() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.text := NEW.text || ' '; RETURN NEW; END $$; "
        "CREATE TRIGGER alters BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION alters()"
    ),
}
LOSES = {
    "sqlite": (
        "CREATE TRIGGER loses BEFORE INSERT ON paces WHEN NEW.key = 'a' BEGIN "
        "SELECT RAISE(IGNORE); END"
    ),
    "postgresql": (
        "CREATE FUNCTION loses() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NULL; END $$; CREATE TRIGGER loses BEFORE INSERT ON paces "
        "FOR EACH ROW WHEN (NEW.key = 'a') EXECUTE FUNCTION loses()"
    ),
}


@BOTH_WAYS
@pytest.mark.parametrize(
    ("trigger", "says"),
    [
        pytest.param(ALTERS, "rows of the table messages are not the same there", id="alters"),
        pytest.param(LOSES, "the table paces has 5 rows instead of 6 there", id="loses"),
    ],
)
def test_what_is_not_the_same_is_not_kept(
    source: URL, target: URL, trigger: dict[str, str], says: str
) -> None:
    upgrade(target)
    with create_engine(target, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(trigger[target.get_backend_name()])
    assert says in refused(source, target)
    assert is_empty(target)


@BOTH_WAYS
def test_what_was_broken_off_can_be_begun_again(source: URL, target: URL) -> None:
    left = 3

    def told(rows: int) -> None:
        nonlocal left
        assert rows <= copying.BATCH
        left -= 1
        if not left:
            raise KeyboardInterrupt

    upgrade(target)
    with ExitStack() as stack:
        databases = [Database(url) for url in (source, target)]
        for each in databases:
            stack.callback(each.dispose)
        read = stack.enter_context(copying.reading(databases[0]))
        with pytest.raises(KeyboardInterrupt), copying.writing(databases[1]) as writes:
            copying.copy(read, writes, told)
    assert is_empty(target)
    copied(source, target)
    assert rows(target) == rows(source)


@BOTH_WAYS
def test_a_desk_that_runs_is_not_copied(source: URL, target: URL) -> None:
    """Not even one that does nothing at the moment."""
    desk = Database(source)
    with desk.reading() as session:
        assert session.get(Ticket, 1) is not None
    assert "stop the desk first" in refused(source, target)
    desk.dispose()
    copied(source, target)


def test_nobody_writes_to_what_is_being_copied(source: URL) -> None:
    database, other = Database(source), Database(source)
    with (
        copying.reading(database),
        pytest.raises(OperationalError, match="locked"),
        other.writing() as session,
    ):
        session.execute(delete(Pace))
    for each in (database, other):
        each.dispose()


def _with_a_row(url: URL) -> None:
    upgrade(url)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(insert(Pace).values(key="a", next_at=utcnow()))


def _with_a_table(url: URL) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql('CREATE TABLE "of another" (id INTEGER)')


def _newer(url: URL) -> None:
    upgrade(url)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'from_the_future'")


@pytest.mark.parametrize("target", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_with_a_row, "not empty: there are rows in its table paces"),
        (_with_a_table, "not empty: it has tables of something else"),
        (_newer, "migrated by a newer one"),
    ],
)
def test_a_target_that_is_not_empty(
    source: URL, target: URL, spoil: Callable[[URL], None], says: str
) -> None:
    spoil(target)
    said = refused(source, target)
    assert said.startswith("TO: ")
    assert says in said


def test_an_older_but_empty_target_is_migrated(source: URL, target: URL) -> None:
    upgrade(target, "0001")
    copied(source, target)
    assert rows(target) == rows(source)


def test_a_source_of_another_version(source: URL, target: URL) -> None:
    downgrade(source, "-1")
    said = refused(source, target)
    assert said.startswith("FROM: ")
    assert "ticketloop migrate" in said


def test_a_source_that_is_not_there(target: URL, tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    assert f"FROM: there is no database at {missing}" in refused(
        target.set(drivername="sqlite", database=str(missing), host=None, query={}), target
    )
    assert not missing.exists()


def test_a_source_that_is_no_database(target: URL, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database " * 100)
    said = refused(normalise(f"sqlite:///{text}"), target)
    assert said.startswith("FROM: ")
    assert "not a database" in said


def test_what_postgresql_cannot_hold_is_said_in_one_line(source: URL, target: URL) -> None:
    with create_engine(source, poolclass=NullPool).begin() as connection:
        connection.execute(update(Message).values(text="secret\0words"))
    said = refused(source, target)
    assert "NUL" in said
    assert "secret" not in said
    assert is_empty(target)


@pytest.mark.parametrize("target", ["sqlite", "postgresql"], indirect=True)
def test_rows_that_refer_to_nothing(source: URL, target: URL) -> None:
    with create_engine(source, poolclass=NullPool).begin() as connection:  # which does not look
        connection.execute(update(Ticket).where(Ticket.id == 5).values(follows_id=987_654))
    assert "oreign key" in refused(source, target).replace("FOREIGN KEY", "foreign key")
    assert is_empty(target)


def test_an_address_that_is_none(source: URL) -> None:
    with pytest.raises(ConfigurationError, match="TO: mysql is not supported"):
        copy_db(written(source), "mysql://a:geheim@b/c", Console(file=io.StringIO()))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": {"x": 1, "y": [2.0]}}, {"a": {"y": [2], "x": 1.0}}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": None}, {"a": "None"}, False),
        ({"a": 0.1}, {"a": 0.10000000000000002}, False),
        ({"a": "e\u0301"}, {"a": "\u00e9"}, False),
    ],
)
def test_what_counts_as_the_same(one: object, other: object, same: bool) -> None:
    assert (canonical(one) == canonical(other)) is same  # type: ignore[arg-type]
