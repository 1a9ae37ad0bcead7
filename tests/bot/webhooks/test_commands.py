"""The commands that say who is told of events."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import URL, select
from typer.testing import CliRunner, Result

from bot import cli
from core.addresses import UnusableAddress
from core.webhooks import UnknownEndpoint, UnknownEvent
from storage.database import Database
from storage.tables import Job, WebhookDelivery, WebhookEndpoint, utcnow

Run = Callable[..., Result]
# An address that needs no name to be looked up.
URL_OF_THEIRS = "https://198.41.0.4/hooks"


@pytest.fixture
def run(database: Database, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command for that database."""
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.app, ["webhook", *words])

    return run


def test_the_life_of_a_webhook(run: Run, database: Database) -> None:
    assert "There is no webhook" in run("list").output
    added = run("add", URL_OF_THEIRS, "--event", "ticket.created", "--private").output
    [secret] = re.findall(r"whsec_[\w+/=]+", added)
    assert "is told of ticket.created." in added
    with database.writing() as session:
        endpoint = session.scalars(select(WebhookEndpoint)).one()
        endpoint.disabled_at, endpoint.disabled_reason = utcnow(), "it answered 410 Gone"
        assert (endpoint.secret, endpoint.private) == (secret, True)
    listed = run("list").output
    assert f"{endpoint.id}  {URL_OF_THEIRS}" in listed
    assert "private tickets too" in listed
    assert "disabled now: it answered 410 Gone" in listed
    assert secret not in listed
    number = str(endpoint.id)
    assert "from now on" in run("enable", number).output
    assert "disabled" not in run("list").output
    assert f"deliveries {number}" in run("ping", number).output
    with database.reading() as session:
        assert session.scalars(select(Job.kind)).all() == ["webhook"]
    assert "gone" in run("remove", number).output
    assert isinstance(run("remove", number).exception, UnknownEndpoint)


def test_what_was_sent_is_shown(run: Run, database: Database) -> None:
    run("add", URL_OF_THEIRS)
    assert "Nothing was sent to webhook 1 yet." in run("deliveries", "1").output
    with database.writing() as session:
        session.add(
            WebhookDelivery(
                workspace_id=1,
                endpoint_id=1,
                message_id="msg_1",
                event="webhook.ping",
                attempt=2,
                status=500,
                duration_ms=5,
                error="it answered 500",
            )
        )
    shown = run("deliveries", "1").output
    assert "msg_1  webhook.ping, try 2: 500 in 5 ms, it answered 500" in shown


def test_what_cannot_be_done(run: Run) -> None:
    assert isinstance(run("add", "https://127.0.0.1/").exception, UnusableAddress)
    assert isinstance(run("add", URL_OF_THEIRS, "--event", "x").exception, UnknownEvent)
    for number in ("0", "99999999999999999999"):
        assert run("ping", number).exit_code == 2
