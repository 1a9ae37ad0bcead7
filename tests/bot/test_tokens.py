"""The commands that say who may use the API."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import URL, select
from typer.testing import CliRunner, Result

from bot import cli
from core import tokens
from core.contacts import Profile, learn, set_agents
from core.installation import Installation
from core.tokens import hash_of
from storage.database import Database
from storage.tables import ApiToken

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command for that database."""
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.app, ["token", *words])

    return run


def test_a_token_is_shown_once_and_kept_as_a_hash(run: Run, database: Database) -> None:
    made = run("create", "Web form", "--scope", "read,write", "--scope", "private")
    [secret] = re.findall(r"^tl_[\w-]{43}$", made.output, re.MULTILINE)
    assert "(private, read, write)" in made.output
    with database.reading() as session:
        token = session.scalars(select(ApiToken)).one()
        assert token.token_hash == hash_of(secret)
        assert secret not in str(vars(token))
        caller = tokens.caller(session, workspace_id=1, secret=secret)
    assert caller.sees_private
    listed = run("list").output
    assert "Web form  private,read,write" in listed
    assert re.search(r"expires [23] months from now", listed)
    assert "last used never" in listed
    assert secret not in listed


def test_a_name_is_free_again_when_its_token_is_revoked(run: Run) -> None:
    assert "There are no tokens." in run("list").output
    run("create", "Web", "--scope", "read", "--expires", "never")
    taken = run("create", "Web", "--scope", "read")
    assert "There is a token “Web”" in str(taken.exception)
    assert "accepted no more" in run("revoke", "Web").output
    assert "no token “Web”" in str(run("revoke", "Web").exception)
    assert run("create", "Web", "--scope", "write").exit_code == 0
    listed = run("list").output.splitlines()
    assert [("revoked" in line, "expires" in line) for line in listed] == [
        (True, False),
        (False, True),
    ]


def test_a_token_acts_as_an_agent_that_is_one(
    run: Run, database: Database, installation: Installation
) -> None:
    refused = run("create", "Ben's", "--scope", "write", "--agent", "U0BEN")
    assert "No agent is known by U0BEN" in str(refused.exception)
    with database.writing() as session:
        profile = Profile("U0BEN", "Ben", is_guest=False, is_external=False)
        learn(session, installation=installation, profile=profile)
        session.flush()
        set_agents(session, installation=installation, user_ids=["U0BEN"])
    assert run("create", "Ben's", "--scope", "write", "--agent", "U0BEN").exit_code == 0
    assert "acts as Ben" in run("list").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--scope", "everything"], "--scope is one or more of"),
        (["--scope", ","], "--scope is one or more of"),
        (["--scope", "read", "--expires", "soon"], "--expires is a time such as"),
        (["--scope", "read", "--expires", "9999w"], "ten years at most"),
    ],
)
def test_what_cannot_be_made(run: Run, words: list[str], says: str) -> None:
    assert says in str(run("create", "Web", *words).exception)
