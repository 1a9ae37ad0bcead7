"""``ticketloop init``: what it asks, what it writes, and that the desk then is well."""

import asyncio
import os
import pty
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot import cli, env_file
from bot.init import interview
from bot.sandbox.server import Sandbox
from core.errors import ConfigurationError
from core.settings import Settings
from tests.fakes.openai_behaviours import answer
from tests.fakes.openai_server import FakeOpenAI

ROOT = Path(__file__).parents[2]
BOT, APP, SECRET = "xoxb-sandbox", "xapp-sandbox", "0123456789abcdef" * 2

Init = Callable[..., Awaitable[Result]]


@pytest.fixture
def init(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Answer the questions, a line each, in an empty folder; Slack is the sandbox."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
    monkeypatch.setattr(interview, "refuse_without_terminal", lambda: None)

    async def init(*answers: str) -> Result:
        lines = "".join(f"{each}\n" for each in answers)
        return await asyncio.to_thread(CliRunner().invoke, cli.app, ["init"], input=lines)

    return init


def put(text: str) -> None:
    """Let there be such a ``.env``, which others may read."""
    Path(".env").write_text(text, encoding="utf-8")
    Path(".env").chmod(0o644)


def text() -> str:
    return Path(".env").read_text(encoding="utf-8")


def written() -> dict[str, str]:
    """Return what is set in ``.env``, which must be nobody else's to read."""
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    return env_file.values(Path(".env"))


def left() -> list[str]:
    return sorted(each.name for each in Path().iterdir())


async def test_in_an_empty_folder_enter_and_two_tokens_are_enough(init: Init) -> None:
    done = await init("", BOT, APP, "", "", "", "", "")
    assert done.exit_code == 0, done.output
    assert written() == {
        "SLACK_BOT_TOKEN": BOT,
        "SLACK_APP_TOKEN": APP,
        "INTAKE_CHANNELS": "#help",
        "TRIAGE_CHANNEL": "#triage",
        "DATABASE_URL": "sqlite:///data/ticketloop.db",
    }
    assert left() == [".env", "data"]
    assert str(ROOT / "manifest.yml") in done.output
    assert "All is well" in done.output
    assert BOT not in done.output


async def test_each_answer_is_looked_at_at_once(init: Init, model: FakeOpenAI) -> None:
    model.will(answer({"ok": True}))
    done = await init(
        *("9", "1", APP, BOT, BOT, APP),
        *("#help:some", "#help", "#help", "#triage", "#triage", ""),
        *("3", "localhost", model.base_url, "", ""),
        *("2", "mysql://a:geheim@b/c", "sqlite:///desk.db"),
    )
    assert done.exit_code == 0, done.output
    for said in (
        "a number from 1 to 2",
        "SLACK_BOT_TOKEN is wrong: a bot token starts with xoxb-",
        "INTAKE_CHANNELS is wrong: #help:some",
        "TRIAGE_CHANNEL must not be one of INTAKE_CHANNELS",
        "PRIVATE_TRIAGE_CHANNEL must be neither",
        "OPENAI_BASE_URL is wrong: it must start with https://",
        "DATABASE_URL is wrong: mysql is not supported",
    ):
        assert said in done.output
    assert "geheim" not in done.output
    assert written()["DATABASE_URL"] == "sqlite:///desk.db"
    assert written()["OPENAI_MODEL"] == "gpt-5-mini"


async def test_what_is_there_is_the_answer_unless_it_is_changed(init: Init) -> None:
    put(
        f"# ours\nSLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\nMINE='a b'  # kept\n"
        "OPENAI_API_KEY=sk-old\nLOG_LEVEL=DEBUG\nTRIAGE_CHANNEL=#nowhere\n"
    )
    done = await init("", "", "", "", "#triage", "", "1", "", "y")
    assert done.exit_code == 0, done.output
    assert text().splitlines()[:7] == [
        "# ours",
        f"SLACK_BOT_TOKEN={BOT}",
        f"SLACK_APP_TOKEN={APP}",
        "MINE='a b'  # kept",
        "OPENAI_API_KEY=",
        "LOG_LEVEL=DEBUG",
        "TRIAGE_CHANNEL=#triage",
    ]
    assert "In .env these change, everything else stays: INTAKE_CHANNELS, TRIAGE" in done.output
    assert "OPENAI_API_KEY" not in written()


async def test_nothing_is_written_by_who_changes_their_mind(init: Init) -> None:
    put("SLACK_BOT_TOKEN=xoxb-old\n")
    for answers in (("", BOT), ("", BOT, APP, "", "", "", "", "", "n")):
        done = await init(*answers)
        assert done.exit_code == 1
        assert text() == "SLACK_BOT_TOKEN=xoxb-old\n"
    assert left() == [".env"]


async def test_a_copied_example_holds_no_token_yet(init: Init) -> None:
    put((ROOT / ".env.example").read_text(encoding="utf-8"))
    done = await init("", "", BOT, APP, "", "", "", "", "", "y")
    assert done.exit_code == 0, done.output
    assert written()["SLACK_BOT_TOKEN"] == BOT
    assert "# api.slack.com/apps -> your app" in text()


async def test_a_copied_example_over_http_keeps_no_beginning_of_a_token(init: Init) -> None:
    put((ROOT / ".env.example").read_text(encoding="utf-8"))
    done = await init("2", "https://desk.example", BOT, SECRET, "", "", "", "", "", "y")
    assert done.exit_code == 0, done.output
    assert "SLACK_APP_TOKEN" not in written()
    assert "SLACK_APP_TOKEN=\n" in text()


async def test_over_http_the_manifest_names_the_address(init: Init) -> None:
    done = await init("2", "desk.example", "https://desk.example/", BOT, SECRET, "", "", "", "", "")
    assert done.exit_code == 0, done.output
    shown = yaml.safe_load(done.output.split("-" * 72)[1])
    url = "https://desk.example/slack/events"
    assert shown["settings"]["event_subscriptions"]["request_url"] == url
    assert shown["settings"]["interactivity"]["request_url"] == url
    assert [each["url"] for each in shown["features"]["slash_commands"]] == [url]
    assert shown["settings"]["socket_mode_enabled"] is False
    assert written()["SLACK_SIGNING_SECRET"] == SECRET
    assert "SLACK_APP_TOKEN" not in written()


async def test_what_is_not_well_is_said_at_the_end(init: Init) -> None:
    done = await init("", BOT, APP, "#nowhere", "", "", "", "")
    assert done.exit_code == 1
    assert "INTAKE_CHANNELS: there is no channel #nowhere" in " ".join(done.output.split())
    assert "make doctor" in done.output


async def test_a_database_that_is_away_keeps_nothing_else_from_being_looked_at(init: Init) -> None:
    away = "postgresql://desk:geheim@127.0.0.1:1/desk"
    done = await init("", BOT, APP, "", "", "", "", "2", away)
    assert done.exit_code == 1
    shown = " ".join(done.output.split())
    assert "No tables were made: DATABASE_URL: the database at" in shown
    assert "the bot is in #triage, #help" in shown
    assert "make doctor" in shown
    assert "geheim" not in shown


def test_a_value_that_would_be_read_otherwise_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    odd = {"A": "it's", "B": 'quo"ted # not a comment', "C": "back\\slash", "D": "#x", "E": "$x"}
    env_file.write(odd, file)
    assert env_file.values(file) == odd
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="A cannot be written"):
        env_file.write({"A": "${HOME}"}, file)
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [".env"]


def test_without_a_terminal_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ticketloop", "init"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "needs a terminal" in line
    assert "ticketloop doctor" in line


async def test_on_a_terminal_tokens_are_not_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    """The real command on a real terminal, in an empty home."""
    ours, theirs = pty.openpty()
    kept = {name: os.environ[name] for name in ("PATH",)}
    env = {**kept, "HOME": str(tmp_path), "SLACK_API_URL": sandbox.api_url, "PYTHONPATH": str(ROOT)}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "init"),
        cwd=tmp_path,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    questions = ("Number", "xoxb-", "xapp-", "ask", "work", "private tickets", "Number", "Number")
    said = ("", BOT, APP, "", "", "", "", "")
    shown = await asyncio.to_thread(_answer, ours, list(zip(questions, said, strict=True)))
    os.close(ours)
    assert await running.wait() == 0, shown
    assert "All is well" in shown
    assert BOT not in shown
    assert APP not in shown


def _answer(terminal: int, answers: list[tuple[str, str]]) -> str:
    """Type each answer once its question stands at the end of what is shown."""
    shown, seen = "", 0
    while True:
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            return shown
        if answers and shown.endswith(": ") and answers[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(terminal, f"{answers.pop(0)[1]}\n".encode())
