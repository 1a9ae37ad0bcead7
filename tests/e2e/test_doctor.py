"""``ticketloop doctor`` names whatever is wrong with a desk, and what to do about it."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, select, text

from bot import cli, manifest
from bot.doctor import report, slack
from bot.doctor.finding import Finding, State
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from storage.database import Database
from storage.tables import ModelCall
from tests.e2e.conftest import MANIFEST, Examine
from tests.fakes.openai_behaviours import Behaviour, answer, prose
from tests.fakes.openai_failures import fails, rate_limited, slow, telling_gateway, wrong_key
from tests.fakes.openai_server import FakeOpenAI
from tests.fixtures.database import downgrade

SECRET = "sk-very-secret"


def failed(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.state is State.FAIL]


def one(findings: list[Finding], name: str) -> Finding:
    [found] = [each for each in findings if each.name == name]
    return found


async def test_a_desk_that_is_well(examine: Examine) -> None:
    findings = await examine()
    assert {each.state for each in findings} == {State.OK}
    names = [each.name for each in findings]
    assert names == [
        *("settings", "database", "schema", "prompts", "disk", "bot_token", "scopes", "clock"),
        *("app_token", "channels", "agents", "model"),
    ]
    assert "2, who are in #triage" in one(findings, "agents").says


async def test_over_http_it_says_where_slack_must_reach_it(examine: Examine) -> None:
    findings = await examine(SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET="0123456789abcdef" * 2)
    assert not failed(findings)
    assert "/slack/events at 127.0.0.1:3000" in one(findings, "signing_secret").says
    unlikely = one(await examine(SLACK_SIGNING_SECRET="sandbox-secret"), "signing_secret")
    assert unlikely.state is State.WARN
    assert "Basic Information" in unlikely.do


# What can be wrong around a desk whose settings are right.

Damage = Callable[[Sandbox], None]


def _without_scope(sandbox: Sandbox) -> None:
    context = sandbox._api._context
    scopes = context.manifest.scopes - {"reactions:write", "files:write"}
    object.__setattr__(context, "manifest", replace(context.manifest, scopes=scopes))


def _archived(sandbox: Sandbox) -> None:
    sandbox.workspace.archive(sample.HELP)


def _not_invited(sandbox: Sandbox) -> None:
    sandbox.workspace.kick(sample.HELP, sandbox.workspace.bot.id)


def _shared(sandbox: Sandbox) -> None:
    channel = sandbox.workspace.channel(sample.TRIAGE)
    sandbox.workspace.put_channel(replace(channel, is_ext_shared=True))


def _nobody(sandbox: Sandbox) -> None:
    """Leave nobody in the triage channel but the bot and a guest."""
    channel = sandbox.workspace.channel(sample.TRIAGE)
    members = frozenset({sample.GUS, sandbox.workspace.bot.id})
    sandbox.workspace.put_channel(replace(channel, members=members))


def _revoked(sandbox: Sandbox) -> None:
    sandbox.faults.revoke_token("token_revoked")


def _busy(sandbox: Sandbox) -> None:
    sandbox.faults.fail("auth.test", None, status=503)


@pytest.mark.parametrize(
    ("damage", "name", "says", "do"),
    [
        (_without_scope, "scopes", "lacks files:write, reactions:write", "install it again"),
        (_archived, "channels", "INTAKE_CHANNELS: #help is archived", "restore it"),
        (_not_invited, "channels", "INTAKE_CHANNELS: the bot is not in #help", "/invite"),
        (_shared, "channels", "TRIAGE_CHANNEL is shared with another", "of your own"),
        (_nobody, "agents", "nobody in #triage is a full member", "add the people"),
        (_revoked, "bot_token", "token_revoked", "SLACK_BOT_TOKEN"),
        (_busy, "bot_token", "status 503", "SLACK_API_URL"),
    ],
)
async def test_a_fault_in_slack_is_named(
    sandbox: Sandbox, examine: Examine, damage: Damage, name: str, says: str, do: str
) -> None:
    damage(sandbox)
    [found] = failed(await examine())
    assert found.name == name
    assert says in found.says
    assert do in found.do


async def test_more_scopes_than_needed_are_a_warning() -> None:
    scopes = sorted({*manifest.bot_scopes(), "channels:manage"})
    found = slack.scopes({"x-oauth-scopes": ",".join(scopes)})
    assert found.state is State.WARN
    assert "channels:manage" in found.says
    assert str(MANIFEST) == str(manifest.path())


@pytest.mark.parametrize(("seconds", "state"), [(0, State.OK), (50, State.OK), (90, State.WARN)])
def test_a_clock_that_is_off_is_a_warning(seconds: int, state: State) -> None:
    theirs = datetime(2026, 11, 22, 12, tzinfo=UTC)
    header = {"date": theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    found = slack.clock(header, theirs + timedelta(seconds=seconds))
    assert found.state is state
    assert ("90 s off" in found.says) is (state is State.WARN)


def _sql(statement: str) -> Callable[[URL], None]:
    def run(url: URL) -> None:
        database = Database(url)
        with database.writing() as session:
            session.execute(text(statement))
        database.dispose()

    return run


@pytest.mark.parametrize(
    ("damage", "name", "says", "do"),
    [
        (downgrade, "schema", "no tables yet", "ticketloop migrate"),
        (
            _sql("UPDATE alembic_version SET version_num = '0001'"),
            "schema",
            "behind this program",
            "ticketloop migrate",
        ),
        (
            _sql("UPDATE alembic_version SET version_num = 'from_the_future'"),
            "schema",
            "from_the_future, which this program does not know",
            "alembic downgrade",
        ),
        (
            _sql("UPDATE prompt_versions SET sha256 = 'another' WHERE name = 'triage'"),
            "prompts",
            "prompts/triage/v1.md is not the text",
            "restore the file",
        ),
    ],
)
async def test_a_database_of_another_program(
    sqlite_url: URL,
    examine: Examine,
    damage: Callable[[URL], None],
    name: str,
    says: str,
    do: str,
) -> None:
    damage(sqlite_url)
    [found] = failed(await examine())
    assert found.name == name
    assert says in found.says
    assert do in found.do


@pytest.mark.parametrize(
    ("free", "state"), [(10**7, State.FAIL), (5 * 10**8, State.WARN), (10**11, State.OK)]
)
async def test_a_full_disk(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    found = one(await examine(), "disk")
    assert found.state is state
    assert ("make room" in found.do) is (state is not State.OK)


@pytest.mark.parametrize(
    ("behaviour", "state", "says", "do"),
    [
        (answer({"ok": True}), State.OK, "1200 tokens", ""),
        (wrong_key(), State.FAIL, "HTTP 401", "OPENAI_API_KEY"),
        (fails(404, "The model does not exist"), State.FAIL, "HTTP 404", "OPENAI_MODEL"),
        (slow(5), State.FAIL, "no answer within 0.2 s", "MODEL_TIMEOUT"),
        (fails(500, "out of memory"), State.FAIL, "HTTP 500", "OPENAI_BASE_URL"),
        (fails(400, "no such thing"), State.FAIL, "HTTP 400", "what the server says"),
        (rate_limited(), State.WARN, "Rate limit", "wait"),
        (prose(), State.WARN, "not as asked", "JSON"),
    ],
)
async def test_the_model_is_asked_once(
    examine: Examine,
    sqlite_url: URL,
    model: FakeOpenAI,
    behaviour: Behaviour,
    state: State,
    says: str,
    do: str,
) -> None:
    """And the call is in the ledger, whatever came of it."""
    model.will(behaviour)
    findings = await examine(
        OPENAI_BASE_URL=model.base_url, OPENAI_API_KEY=SECRET, MODEL_TIMEOUT="0.2"
    )
    found = one(findings, "model")
    assert found.state is state
    assert says in found.says
    assert do in found.do
    assert SECRET not in str(findings)
    database = Database(sqlite_url)
    with database.reading() as session:
        [call] = session.scalars(select(ModelCall)).all()
    database.dispose()
    assert call.prompt_version == "doctor"
    assert (call.outcome == "answered") is (state is State.OK)
    assert SECRET not in str(call.error)
    assert len(model.asked) == 1


async def test_what_a_gateway_repeats_is_not_shown(examine: Examine, model: FakeOpenAI) -> None:
    """Nor is the advice hidden, where a password is a word of it."""
    model.will(telling_gateway("redis://u:of-theirs@cache"))
    gateway = model.base_url.replace("://", "://desk:geheim@")
    findings = await examine(OPENAI_BASE_URL=gateway, OPENAI_API_KEY=SECRET)
    found = one(findings, "model")
    assert "HTTP 401: Basic [redacted] is not what redis://[redacted]@cache takes" in found.says
    assert found.do == "put a valid key into OPENAI_API_KEY"
    findings = await examine(DATABASE_URL="sqlite:///nowhere.db", OPENAI_API_KEY="ticketloop")
    assert one(findings, "database").do == "run: ticketloop migrate"


async def test_an_env_file_that_others_may_read(examine: Examine, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.touch(0o644)
    assert one(await examine(), "env_file").do == "chmod 600 .env"
    file.chmod(0o600)
    assert "env_file" not in [each.name for each in await examine()]


async def test_an_env_file_that_cannot_be_read(examine: Examine, tmp_path: Path) -> None:
    """What the environment says is looked at all the same, and nothing else is guessed."""
    (tmp_path / ".env").write_bytes("OPENAI_API_KEY=sk-é\n".encode("latin-1"))
    findings = await examine(SLACK_APP_TOKEN=None, PORT="99999")
    assert [(each.name, each.says.split(":")[0]) for each in failed(findings)] == [
        ("settings", "PORT is wrong"),
        ("env_file", ".env cannot be read"),
    ]
    assert one(findings, "database").state is State.OK
    for name in ("app_token", "channels", "model"):
        assert one(findings, name).state is State.SKIPPED


def put(source: URL, file: Path, *, mode: int, folder: int) -> None:
    """Let a copy of that database stand there, as open as that."""
    shutil.copyfile(str(source.database), file)
    file.chmod(mode)
    file.parent.chmod(folder)


@pytest.mark.parametrize(
    ("mode", "folder", "found"),
    [(0o644, 0o755, True), (0o600, 0o755, False), (0o644, 0o700, False)],
)
async def test_a_database_that_others_may_read(
    examine: Examine, sqlite_url: URL, tmp_path: Path, mode: int, folder: int, found: bool
) -> None:
    """Where its folder lets nobody in, it does not matter how open the file is."""
    file = tmp_path / "a desk.db"
    put(sqlite_url, file, mode=mode, folder=folder)
    findings = await examine(DATABASE_URL=f"sqlite:///{file}")
    assert not failed(findings)
    warned = [each.do for each in findings if each.state is State.WARN]
    assert warned == ([f"chmod 600 '{file}'*"] if found else [])


def test_for_machines_and_for_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without anything set up it still says all that is missing, and ends with 1."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for command in (["doctor"], ["doctor", "--json"]):
        monkeypatch.setattr(sys, "argv", ["ticketloop", *command])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 1
    *people, machine = capsys.readouterr().out.splitlines()
    assert any("SLACK_BOT_TOKEN is missing" in line for line in people)
    assert any("→ run: ticketloop migrate" in line for line in people)
    told = json.loads(machine)
    assert told["ok"] is False
    assert {"name", "state", "says", "do"} == set(told["findings"][0])
    assert list(tmp_path.iterdir()) == []  # nothing was made by looking


def test_what_others_named_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    said = Finding("channels", State.FAIL, "[red]#a[/red] \x1b]0;title\x07", "do")
    report.show([said], Console(width=200))
    shown = capsys.readouterr().out
    assert "[red]#a[/red]" in shown
    assert "\x1b" not in shown
