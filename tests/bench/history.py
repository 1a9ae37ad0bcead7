"""A desk with a history: a year of tickets, written by a few statements."""

from collections.abc import Iterator

from sqlalchemy import text

from storage.database import Database
from storage.repositories.contacts import workspace_of
from tests.fixtures.database import TEAM

AGENTS = 10
# Everybody asked some ten times, but for one: a monitor that opens every twentieth ticket.
TICKETS_OF_ONE = 10
ROBOT = AGENTS + 1
DAYS = 365
DAYS_OF_JOBS = 30  # older ones are pruned
# One in so many is not resolved yet, and every other one of the youngest.
UNRESOLVED_OF = 100
YOUNG = 300
DONE_KINDS = ("receipt", "card", "triage")
PENDING = 200

_NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})"
)

CONTACTS = """
INSERT INTO contacts (id, workspace_id, slack_user_id, name, is_agent, profile_at, created_at)
{numbers}
SELECT n, 1, 'U0' || n, 'Person ' || n, n <= {agents}, {now}, {now} FROM numbers
"""
TICKETS = """
INSERT INTO tickets (id, workspace_id, title, raw_text, source, status, triage_status,
    triage_generation, category, priority, requester_id, assignee_id, channel, root_ts, receipt_ts,
    receipt_version, card_channel, card_ts, card_version, version, lane_seq, created_at, updated_at,
    first_response_at, resolved_at, resolved_by_id, private)
{numbers}, facts AS (
    SELECT n, {ago} AS moment,
        n % {unresolved_of} = 0 OR n > {last} - {young} AND n % 2 = 0 AS is_open,
        (n + n / 100) % 6 AS turn,
        CASE WHEN (n + n / 100) % 20 = 0 THEN {robot}
            ELSE {robot} + 1 + n % {people} * 7919 % {people} END AS requester,
        1 + (n + n / 100) % {agents} AS agent
    FROM numbers
)
SELECT n, 1, 'Request ' || n || ': the VPN is down since the update',
    'The VPN is down since the update, and I cannot work. What can I do? This is request ' || n,
    'message',
    CASE WHEN NOT is_open THEN 'resolved' WHEN turn < 2 THEN 'waiting' WHEN turn = 2 THEN 'new'
        ELSE 'open' END,
    'completed', 1, 'network', 'normal', requester,
    CASE WHEN is_open AND turn = 2 THEN NULL ELSE agent END,
    'C0HELP', '1700000000.' || n, '1700000001.' || n, 3, 'C0TRIAGE', '1700000002.' || n, 5, 5, 9,
    moment, moment, moment, CASE WHEN is_open THEN NULL ELSE moment END,
    CASE WHEN is_open THEN NULL ELSE agent END, n % 49 = 0
FROM facts
"""
MESSAGES = """
INSERT INTO messages (workspace_id, ticket_id, author_id, role, visibility, text, files, edits,
    ticket_status, channel, ts, created_at)
SELECT 1, id, {author}, '{role}', 'public', raw_text, '[]', '[]', 'open', channel,
    '{second}.' || id, created_at
FROM tickets
"""
RESULTS = """
INSERT INTO results (workspace_id, ticket_id, is_current, title, summary, category, priority,
    language, confidence, reply_draft, model, prompt_version, read_message_id, created_at)
SELECT 1, id, true, title, 'The VPN is down for one person.', 'network', 'normal', 'en', 0.8,
    'Please restart the VPN client.', 'fake', 'v1', id, created_at
FROM tickets
"""
REPLIES = """
INSERT INTO replies (workspace_id, ticket_id, result_id, message_id, text, approved_by_id,
    approved_at, delivery, sent_at, created_at)
SELECT 1, ticket_id, ticket_id, id, 'Please restart the VPN client.', author_id, created_at,
    'sent', created_at, created_at
FROM messages WHERE role = 'agent'
"""
JOBS = """
INSERT INTO jobs (workspace_id, kind, ticket_id, lane, lane_seq, payload, dedupe_key, message_key,
    state, priority, run_at, attempts, created_at, started_at, finished_at)
SELECT 1, '{kind}', id, '{kind}:' || id, {seq}, '{{}}', '{kind}:' || id || '\\:1', '0',
    'done', 30, created_at, 1, created_at, created_at, created_at
FROM tickets WHERE id > {last} - {last} * {days_of_jobs} / {days}
"""
PENDING_JOBS = """
INSERT INTO jobs (workspace_id, kind, ticket_id, lane, lane_seq, pace, payload, dedupe_key,
    message_key, state, priority, run_at, attempts, created_at)
SELECT 1, 'card', id, 'card:' || id, 9, 'update', '{{}}', 'card:' || id || '\\:9', '0',
    'pending', 40, created_at, 0, created_at
FROM tickets WHERE id > {last} - {pending}
"""
# Those that are no constraint's.
INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid::regclass::text = ANY (SELECT tablename::text FROM pg_tables
                WHERE schemaname = 'public')
            AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)
    """,
}
# On PostgreSQL nobody checks what refers to what: it is right by the way it is made.
QUICKLY = {
    "sqlite": ("PRAGMA cache_size = -300000",),
    "postgresql": (
        "SET LOCAL session_replication_role = replica",
        "SET LOCAL maintenance_work_mem = '300MB'",
    ),
}
SEQUENCE = "SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"


def write(database: Database, tickets: int) -> None:
    """Fill the migrated, empty desk with so many tickets and all that belongs to them."""
    with database.writing() as session:
        workspace_of(session, team_id=TEAM, name="Example")
    kind = database.engine.dialect.name
    with database.engine.connect() as connection:
        indexes = connection.execute(text(INDEXES[kind])).all()
    # An index is made of what is there in a fraction of the time that it takes to grow it.
    _execute(database, *(f"DROP INDEX {name}" for name, _ in indexes))
    for statement in _statements(tickets, is_sqlite=database.is_sqlite):
        _execute(database, *QUICKLY[kind], statement)
    for _, made_by in indexes:
        _execute(database, *QUICKLY[kind], made_by)
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("VACUUM ANALYZE"))


def _execute(database: Database, *statements: str) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _statements(tickets: int, *, is_sqlite: bool) -> Iterator[str]:
    people = max(tickets // TICKETS_OF_ONE, 10)
    apart = DAYS * 86_400 / tickets
    ago = f"({tickets} - n) * {apart}"
    facts = {
        "agents": AGENTS,
        "robot": ROBOT,
        "people": people,
        "last": tickets,
        "unresolved_of": UNRESOLVED_OF,
        "young": YOUNG,
        "days": DAYS,
        "days_of_jobs": DAYS_OF_JOBS,
        "pending": PENDING,
        "now": _moment("0", is_sqlite=is_sqlite),
        "ago": _moment(ago, is_sqlite=is_sqlite),
    }
    parts: tuple[tuple[str, dict[str, object]], ...] = (
        (CONTACTS, {"numbers": _NUMBERS.format(ROBOT + people + 1)}),
        (TICKETS, {"numbers": _NUMBERS.format(tickets)}),
        (MESSAGES, {"author": "requester_id", "role": "requester", "second": "1700000000"}),
        (MESSAGES, {"author": f"1 + id % {AGENTS}", "role": "agent", "second": "1700000003"}),
        (RESULTS, {}),
        (REPLIES, {}),
        *((JOBS, {"kind": kind, "seq": seq}) for seq, kind in enumerate(DONE_KINDS)),
        (PENDING_JOBS, {}),
    )
    for statement, more in parts:
        yield statement.format(**facts, **more)
    if not is_sqlite:
        for table in ("contacts", "tickets"):
            yield SEQUENCE.format(table=table)


def _moment(seconds_ago: str, *, is_sqlite: bool) -> str:
    if is_sqlite:
        return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ({seconds_ago}) || ' seconds')"
    return f"now() - make_interval(secs => {seconds_ago})"
