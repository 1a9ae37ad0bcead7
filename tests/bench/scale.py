"""What takes longer at a million tickets than at a thousand, on both databases."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import URL
from sqlalchemy.orm import Session

from bot.blocks.card import card
from bot.blocks.digest import digest as digest_blocks
from bot.blocks.home import home as home_blocks
from bot.blocks.overview import ticket_list
from core import announce, contacts, digest, doors, facts, home, jobs, overview
from core.categories import DEFAULT_CATEGORIES
from core.doors import Said
from core.installation import Installation
from core.jobs import Kind
from core.overview import Which
from core.worker import CLAIMED_AT_ONCE, claim
from storage import schema
from storage.database import Database
from storage.repositories import claims, leases, places, tickets
from storage.tables import utcnow
from storage.url import normalise
from tests.bench import history
from tests.bench.figures import Figure, ratios, spread
from tests.fixtures.database import TEAM
from tests.fixtures.postgres import running_postgres

FEW, MANY = 1_000, 1_000_000
ROUNDS = 5
REPEATS = 7

OPERATORS_DESK = Installation(
    workspace_id=1,
    team_id=TEAM,
    bot_user_id="U0BOT",
    triage_channel="C0TRIAGE",
    intake_channels={"C0HELP": "help"},
    private_triage_channel="C0DISCREET",
)
AGENT, PERSON, ROBOT = "U01", f"U0{history.ROBOT + 5}", f"U0{history.ROBOT}"

Work = Callable[[Session], object]


@dataclass(frozen=True)
class Operation:
    """Something the desk does; one that writes is rolled back."""

    name: str
    work: Work
    writes: bool = False


def operations() -> list[Operation]:
    """Return what is measured."""
    return [
        *(
            Operation(f"/ticket list {which}, {who}", partial(_list, user_id=user_id, which=which))
            for who, user_id in (("agent", AGENT), ("requester", PERSON), ("a monitor", ROBOT))
            for which in Which
        ),
        Operation("card render", _card),
        Operation("queue claim", _claim, writes=True),
        Operation("next moment of the queue", _next_moment),
        Operation("Home of an agent", partial(_home, user_id=AGENT)),
        Operation("Home of a requester", partial(_home, user_id=PERSON)),
        Operation("Home of a monitor", partial(_home, user_id=ROBOT)),
        Operation("digest", _digest),
        Operation("intake", partial(_intake, user_id=PERSON), writes=True),
        Operation("intake from a monitor", partial(_intake, user_id=ROBOT), writes=True),
        Operation("catching up after a triage", _catch_up, writes=True),
        Operation("heartbeat of a worker", _heartbeat, writes=True),
        Operation("learning who the agents are", _membership, writes=True),
        Operation("start: cards that are behind", _outdated, writes=True),
        Operation("pruning", _prune, writes=True),
    ]


def _list(session: Session, *, user_id: str, which: Which) -> object:
    listed = overview.listed(session, installation=OPERATORS_DESK, user_id=user_id, which=which)
    return ticket_list(listed, installation=OPERATORS_DESK)


def _card(session: Session) -> object:
    shown = facts.of_ticket(session, installation=OPERATORS_DESK, number=FEW // 2)
    return card(shown, categories=DEFAULT_CATEGORIES, link=None)


def _claim(session: Session) -> object:
    claimed, _ = claim(
        session,
        kinds=list(Kind),
        now=utcnow(),
        at_most=CLAIMED_AT_ONCE,
        lease=timedelta(seconds=30),
        intervals={"update": timedelta(seconds=1.3)},
        batch_id=None,
    )
    assert claimed.jobs
    return claimed


def _next_moment(session: Session) -> object:
    return claims.next_moment(session, kinds=list(Kind), now=utcnow())


def _home(session: Session, *, user_id: str) -> object:
    shown = home.of_person(session, installation=OPERATORS_DESK, user_id=user_id)
    return home_blocks(shown, installation=OPERATORS_DESK)


def _digest(session: Session) -> object:
    found = digest.of_today(session, installation=OPERATORS_DESK)
    assert found is not None
    return digest_blocks(found, installation=OPERATORS_DESK, now=datetime.now(UTC))


def _intake(session: Session, *, user_id: str) -> object:
    ts = f"{time.time():.6f}"
    said = Said(
        channel="C0HELP", ts=ts, root_ts=None, user_id=user_id, text="The VPN is down", files=()
    )
    doors.enter(session, installation=OPERATORS_DESK, said=said, card_delay=timedelta(seconds=2))
    found = places.of_thread(session, workspace_id=1, channel="C0HELP", root_ts=ts)
    assert found is not None
    return found


def _outdated(session: Session) -> object:
    announce.outdated_cards_due(session, workspace_id=OPERATORS_DESK.workspace_id)
    return None


def _catch_up(session: Session) -> object:
    return tickets.failed_while_model_down(session, workspace_id=1, most_triages=3, limit=100)


def _heartbeat(session: Session) -> object:
    return leases.extend(session, tokens=["a", "b"], until=utcnow())


def _membership(session: Session) -> object:
    contacts.set_agents(
        session,
        installation=OPERATORS_DESK,
        user_ids=[f"U0{number}" for number in range(1, history.AGENTS + 1)],
        as_of=utcnow(),
    )
    return None


def _prune(session: Session) -> object:
    return jobs.prune(session)


async def measure() -> list[Figure]:
    """Do each thing on both desks in turn, on SQLite and on PostgreSQL."""
    return [figure for kind in _KINDS for figure in _measured(kind)]


def _measured(kind: str) -> Iterator[Figure]:
    with _KINDS[kind]() as (few, many):
        found = {each.name: _in_turn(each, few, many) for each in operations()}
    lists = {name: both for name, both in found.items() if name.startswith("/ticket list")}
    alone = ("card render", "queue claim")
    rest = {name: both for name, both in found.items() if name not in {*lists, *alone}}
    yield _worst(kind, lists, "slowest list")
    for name in alone:
        yield _worst(kind, {name: found[name]})
    yield _worst(kind, rest, "slowest of all else")


def _worst(kind: str, found: dict[str, tuple[list[float], list[float]]], of: str = "") -> Figure:
    """The one whose time grows most."""
    growth = {name: ratios(many, few) for name, (few, many) in found.items()}
    name = max(growth, key=lambda each: statistics.median(growth[each]))
    few, many = found[name]
    return Figure(
        row="scale",
        measure=f"{f'{of}: {name}' if of else name}, at {MANY:,} tickets ({kind})",
        against=f"the same at {FEW:,}",
        values=growth[name],
        unit="times",
        reach=2,
        bare=f"{spread(many)} ms; {spread(few)} ms",
    )


def _in_turn(
    operation: Operation, few: Database, many: Database
) -> tuple[list[float], list[float]]:
    """Return the milliseconds that it takes, round by round."""
    took: dict[Database, list[float]] = {few: [], many: []}
    for database in (few, many):
        _once(operation, database)
    for _ in range(ROUNDS):
        for database in (few, many):
            several = [_once(operation, database) for _ in range(REPEATS)]
            took[database].append(statistics.median(several))
    return took[few], took[many]


def _once(operation: Operation, database: Database) -> float:
    transaction = database.writing if operation.writes else database.reading
    started = time.perf_counter()
    with transaction() as session:
        operation.work(session)
        ended = time.perf_counter()
        session.rollback()
    return (ended - started) * 1_000


@contextmanager
def _on_sqlite() -> Iterator[tuple[Database, Database]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        filled(normalise(f"sqlite:///{folder}/few.db"), FEW) as few,
        filled(normalise(f"sqlite:///{folder}/many.db"), MANY) as many,
    ):
        yield few, many


@contextmanager
def _on_postgresql() -> Iterator[tuple[Database, Database]]:
    with (
        running_postgres() as server,
        filled(server.create(), FEW) as few,
        filled(server.create(), MANY) as many,
    ):
        yield few, many


_KINDS = {"SQLite": _on_sqlite, "PostgreSQL": _on_postgresql}


@contextmanager
def filled(url: URL, tickets: int) -> Iterator[Database]:
    schema.upgrade(url)
    database = Database(url)
    try:
        history.write(database, tickets)
        yield database
    finally:
        database.dispose()
