"""The command line."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.webhooks import cli as webhook
from core.errors import ConfigurationError, Refusal
from core.settings import DatabaseSettings, ModelSettings, ProcessRole, Settings, read_settings

# What a shell says of a process that Ctrl-C ended.
INTERRUPTED = 130

app = typer.Typer(
    help="A help desk that lives in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
prompt = typer.Typer(help="The prompt texts and which of them is live.", no_args_is_help=True)
app.add_typer(prompt, name="prompt")
token = typer.Typer(help="Who may use the REST API.", no_args_is_help=True)
app.add_typer(token, name="token")
app.add_typer(webhook.app, name="webhook")


def main() -> None:
    """Run the command; what is wrong with it or the settings is one line and exit code 2."""
    try:
        app()
    except (ConfigurationError, Refusal) as error:
        from bot.redaction import redact

        typer.echo(f"ticketloop: {redact(str(error))}", err=True)
        raise SystemExit(2) from None


Role = Annotated[
    ProcessRole | None,
    typer.Option(help="What this process does, in place of what ROLE says.", show_default=False),
]
AskedRole = Annotated[
    ProcessRole | None,
    typer.Option(help="What is asked does, in place of what ROLE says.", show_default=False),
]


def _in_role(role: ProcessRole | None) -> Settings:
    return read_settings(Settings, **({"role": role} if role is not None else {}))


@app.command()
def run(role: Role = None) -> None:
    """Run the desk in the workspace that the settings name, or a part of it.

    web takes what Slack sends, worker does the jobs, all does both.
    """
    from bot import logs, runtime
    from bot.redaction import known_secrets

    settings = _in_role(role)
    secrets = known_secrets(settings)
    logs.set_up(level=settings.log_level, form=settings.log_format, secrets=secrets)
    asyncio.run(runtime.until_signal(settings))


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from bot import database

    address = database.migrate(read_settings(DatabaseSettings))
    typer.echo(f"The tables of {address} are up to date.")


@app.command()
def health(role: AskedRole = None) -> None:
    """Ask the desk that runs on this machine whether it is alive: exit code 0, or 1.

    In the role of a worker: every worker of the desk that this user runs here.
    """
    from bot.alive import is_alive

    settings = _in_role(role)
    if not is_alive(settings):
        why = (
            f"nothing answers at {settings.host}:{settings.port}; "
            "workers are asked by: ticketloop health --role worker"
            if settings.role.takes_events
            else "no worker of this desk runs here for this user, or one does not answer"
        )
        typer.echo(f"ticketloop: {why}", err=True)
        raise typer.Exit(1)
    typer.echo("The desk is alive.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite it if it is there.")] = False,
) -> None:
    """Copy the desk's SQLite database into FILE, while the desk runs."""
    from bot import backups

    typer.echo(backups.back_up(read_settings(DatabaseSettings), file, force=force))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What backup wrote.")],
) -> None:
    """Put a backup in the place of the desk's SQLite database, which is kept beside it."""
    from bot import backups

    typer.echo(backups.restore(read_settings(DatabaseSettings), file))


@app.command("copy-db")
def copy_db(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The address it is read from.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty database's address.")],
) -> None:
    """Copy a desk that is stopped into another database, SQLite or PostgreSQL, and compare."""
    from rich.console import Console

    from bot import moving

    typer.echo(moving.copy_db(source, target, Console(stderr=True)))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Look at settings, database, Slack and model, and say what is wrong and what to do."""
    from rich.console import Console

    from bot.doctor import examination, report

    findings = asyncio.run(examination.examine())
    if as_json:
        typer.echo(report.as_json(findings))
    else:
        report.show(findings, Console())
    raise typer.Exit(0 if report.is_fit(findings) else 1)


@app.command()
def init() -> None:
    """Ask for what a desk in your workspace needs, write it to .env, and look whether it works."""
    from rich.console import Console

    from bot import database
    from bot.doctor import examination, report
    from bot.init import interview, steps
    from bot.redaction import redact

    interview.refuse_without_terminal()
    interview.run()
    try:
        database.migrate(read_settings(DatabaseSettings))
    except ConfigurationError as error:
        typer.secho(f"No tables were made: {redact(str(error))}\n", fg="red")
    findings = asyncio.run(examination.examine())
    report.show(findings, Console())
    is_fit = report.is_fit(findings)
    typer.echo(f"\n{steps.finished(is_fit=is_fit)}")
    raise typer.Exit(0 if is_fit else 1)


@app.command()
def triage(
    pending: Annotated[
        bool, typer.Option("--pending", help="Every ticket that has no result yet.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000_000,
            help="So many of them, the oldest. What was interrupted goes on whole.",
            show_default=False,
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="So many at a time, and no more than MODEL_CONCURRENCY.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Have tickets triaged that were not, or whose triage failed; with or without a running desk.

    What was interrupted goes on when a desk runs, or with this command. It exits with 1 if a
    triage failed.
    """
    if not pending:
        raise typer.BadParameter("say which tickets: --pending")
    from rich.console import Console

    from bot import batches, logs
    from bot.redaction import known_secrets

    settings = read_settings(ModelSettings)
    logs.set_up(level="ERROR", form="console", secrets=known_secrets(settings))
    failed = asyncio.run(
        batches.triage_pending(
            settings, Console(highlight=False), limit=limit, concurrency=concurrency
        )
    )
    raise typer.Exit(INTERRUPTED if failed is None else int(failed > 0))


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Where the page is served on this machine.")
    ] = 8080,
) -> None:
    """Try the desk in the browser: no Slack workspace, no model key, no database server."""
    from bot import demo as story

    asyncio.run(story.run(port=port))


@prompt.command("list")
def prompt_list() -> None:
    """List the published versions; the live one of each is marked."""
    from bot import prompts

    for line in prompts.listed(read_settings(DatabaseSettings)):
        typer.echo(line)


@prompt.command("activate")
def prompt_activate(
    name: str,
    version: str,
    why: Annotated[str, typer.Option(help="For the record: why this version.")] = "",
) -> None:
    """Make a version live from now on, whatever PROMPT_VERSION says."""
    from bot import prompts

    typer.echo(prompts.activate(read_settings(DatabaseSettings), name, version, why))


@token.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="What audit and cards call whoever uses it.")],
    scope: Annotated[list[str], typer.Option(help="read, write, admin, private; repeat it.")],
    expires: Annotated[str, typer.Option(help="12h, 90d, 52w, or never.")] = "90d",
    agent: Annotated[
        str | None, typer.Option(help="Act as this agent: a Slack user id or an email.")
    ] = None,
) -> None:
    """Make a token and show it, once."""
    from bot import tokens

    typer.echo(tokens.create(read_settings(DatabaseSettings), name, scope, expires, agent))


@token.command("list")
def token_list() -> None:
    """List the tokens: what they may do, until when, and when they were used last."""
    from bot import tokens

    for line in tokens.listed(read_settings(DatabaseSettings)):
        typer.echo(line)


@token.command("revoke")
def token_revoke(name: str) -> None:
    """Accept a token no more, from now on."""
    from bot import tokens

    typer.echo(tokens.revoke(read_settings(DatabaseSettings), name))
