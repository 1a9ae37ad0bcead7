"""The questions in their order, and what is done with the answers."""

import os
import re
import sys

import typer

from bot import env_file, manifest
from bot.init import steps
from bot.init.answers import Answers, choose
from core.errors import ConfigurationError
from core.settings import Settings
from storage.url import DEFAULT_URL

SOCKET, HTTP = "socket", "http"
NONE, OPENAI, OTHER = "none", "openai", "other"
SQLITE, POSTGRESQL = "sqlite", "postgresql"


def refuse_without_terminal() -> None:
    """Raises ConfigurationError where nobody could answer."""
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "init asks questions and needs a terminal; without one, copy .env.example to .env, "
            "fill it in, and run: ticketloop doctor"
        )


def run() -> None:
    """Ask everything, and write what is new to ``.env``."""
    answers = Answers(env_file.values())
    typer.echo("What Ticketloop needs to know is asked here and written to .env in this folder.\n")
    _ask_slack(answers)
    typer.echo(f"\n{steps.channels()}")
    _ask_channels(answers)
    typer.echo()
    _ask_model(answers)
    typer.echo()
    _ask_database(answers)
    typer.echo()
    _write(answers)


def _ask_slack(answers: Answers) -> None:
    known = answers.known
    usual = HTTP if "SLACK_SIGNING_SECRET" in known and "SLACK_APP_TOKEN" not in known else SOCKET
    way = choose(
        "How should Slack reach the desk?",
        {
            SOCKET: "Socket Mode: the desk connects to Slack; no public address needed",
            HTTP: "HTTP: Slack sends requests to a public https address of yours",
        },
        default=usual,
    )
    if way == SOCKET:
        typer.echo(f"\n{steps.over_socket(str(manifest.path()))}")
        answers.clear("SLACK_SIGNING_SECRET")
    else:
        changed = manifest.over_http(manifest.read(), _public_address())
        typer.echo(f"\n{steps.over_http(changed)}")
        answers.clear("SLACK_APP_TOKEN")
    answers.ask_secret("SLACK_BOT_TOKEN", "Bot User OAuth Token, xoxb-…")
    if way == SOCKET:
        answers.ask_secret("SLACK_APP_TOKEN", "App-level token, xapp-…")
    else:
        answers.ask_secret("SLACK_SIGNING_SECRET", "Signing secret")


def _public_address() -> str:
    while True:
        answer = str(typer.prompt("Public address of the desk, https://…")).strip()
        if re.fullmatch(r"https://[^\s/]+\S*", answer):
            return answer
        typer.secho("  it starts with https:// and names a host", fg="red")


def _ask_channels(answers: Answers) -> None:
    for name, question in (
        ("INTAKE_CHANNELS", "Where people ask (several with commas)"),
        ("TRIAGE_CHANNEL", "Where agents work"),
    ):
        default = {"INTAKE_CHANNELS": "#help", "TRIAGE_CHANNEL": "#triage"}[name]
        answers.ask(name, question, default=default)
    answers.ask(
        "PRIVATE_TRIAGE_CHANNEL", "A private channel for private tickets, or Enter", optional=True
    )


def _ask_model(answers: Answers) -> None:
    known = answers.known
    usual = OTHER if "OPENAI_BASE_URL" in known else OPENAI if "OPENAI_API_KEY" in known else NONE
    which = choose(
        "Who sorts requests and drafts answers?",
        {
            NONE: "nobody yet: the built-in offline triage, by wording alone",
            OPENAI: "OpenAI, with a key of yours",
            OTHER: "another server that speaks the OpenAI protocol: Ollama, vLLM, a gateway",
        },
        default=usual,
    )
    if which == NONE:
        answers.clear("OPENAI_API_KEY", "OPENAI_BASE_URL")
        return
    if which == OPENAI:
        answers.clear("OPENAI_BASE_URL")
        answers.ask_secret("OPENAI_API_KEY", "API key, sk-…")
    else:
        answers.ask("OPENAI_BASE_URL", "Its address", default="http://localhost:11434/v1")
        answers.ask_secret("OPENAI_API_KEY", "Its key, or Enter if it needs none", optional=True)
    default = str(Settings.model_fields["openai_model"].get_default())
    answers.ask("OPENAI_MODEL", "Model", default=default)


def _ask_database(answers: Answers) -> None:
    known = answers.known.get("DATABASE_URL", DEFAULT_URL)
    usual = SQLITE if known.startswith("sqlite") else POSTGRESQL
    which = choose(
        "Where is everything kept?",
        {
            SQLITE: "in a file on this machine (SQLite)",
            POSTGRESQL: "in a PostgreSQL database that is there already",
        },
        default=usual,
    )
    if which == POSTGRESQL:
        # It holds a password.
        answers.ask_secret("DATABASE_URL", "postgresql://user:password@host/name")
    else:
        answers.given["DATABASE_URL"] = known if usual == SQLITE else DEFAULT_URL


def _write(answers: Answers) -> None:
    changes = answers.changes
    if shadowing := sorted(name for name in answers.given if os.environ.get(name)):
        typer.echo(f"Set in the environment too, which comes before .env: {', '.join(shadowing)}")
    if not changes:
        typer.echo(".env stays as it is.\n")
        return
    if env_file.PATH.exists():
        typer.echo(f"In .env these change, everything else stays: {', '.join(changes)}")
        typer.confirm("Write them?", default=True, abort=True)
    env_file.write(changes)
    typer.echo("Written to .env, which nobody but you may read (mode 600).\n")
