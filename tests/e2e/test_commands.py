"""What a command says in one line when it cannot do what it was asked."""

from collections.abc import Callable

import pytest
from sqlalchemy import URL, text
from typer.testing import CliRunner

from bot import cli
from storage.database import Database

Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Type a command that is refused, and read what it says."""

    def refused(url: URL, *words: str) -> str:
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        monkeypatch.setattr("sys.argv", ["ticketloop", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        return capsys.readouterr().err

    return refused


def test_a_prompt_that_does_not_exist(refused: Refused, sqlite_url: URL) -> None:
    said = refused(sqlite_url, "prompt", "activate", "triage", "v9", "--why", "better")
    assert "There is no prompt triage/v9. There is: " in said
    assert "triage/v1" in said


def test_a_database_that_somebody_else_writes_to(refused: Refused, sqlite_url: URL) -> None:
    database = Database(sqlite_url)
    with database.writing() as session:
        session.execute(text("SELECT 1"))  # which begins it
        said = refused(sqlite_url, "token", "create", "web", "--scope", "read")
    database.dispose()
    assert said.startswith("ticketloop: DATABASE_URL: the database at ")
    assert "locked" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("option", ["--limit", "--concurrency"])
def test_a_batch_of_more_than_a_database_can_count(option: str) -> None:
    result = CliRunner().invoke(cli.app, ["triage", "--pending", option, "99999999999999999999"])
    assert result.exit_code == 2
    assert "Invalid value for '" + option in result.output
