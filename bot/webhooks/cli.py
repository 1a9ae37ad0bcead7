"""``ticketloop webhook``: who is told of events over HTTP."""

from typing import Annotated

import typer

from core.settings import DatabaseSettings, read_settings

app = typer.Typer(help="Who is told of events over HTTP.", no_args_is_help=True)
Number = Annotated[
    int, typer.Argument(min=1, max=2**31 - 1, help="As ticketloop webhook list shows it.")
]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where events go, with https://.")],
    event: Annotated[
        list[str] | None, typer.Option(help="Such as ticket.created; all without it.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Tell of private tickets too.")
    ] = False,
) -> None:
    """Add an endpoint, and show the secret with which it is signed."""
    from bot.webhooks import commands

    settings = read_settings(DatabaseSettings)
    for line in commands.add(settings, url, event or [], private=private):
        typer.echo(line)


@app.command("list")
def list_all() -> None:
    """List the endpoints, and why one is disabled."""
    from bot.webhooks import commands

    for line in commands.listed(read_settings(DatabaseSettings)):
        typer.echo(line)


@app.command()
def remove(number: Number) -> None:
    """Send nothing there any more, and forget the endpoint."""
    from bot.webhooks import commands

    typer.echo(commands.remove(read_settings(DatabaseSettings), number))


@app.command()
def enable(number: Number) -> None:
    """Send there again, after it was disabled."""
    from bot.webhooks import commands

    typer.echo(commands.enable(read_settings(DatabaseSettings), number))


@app.command()
def ping(number: Number) -> None:
    """Have the running desk send a test there."""
    from bot.webhooks import commands

    typer.echo(commands.ping(read_settings(DatabaseSettings), number))


@app.command()
def deliveries(number: Number) -> None:
    """Show the last tries to send there, the newest first."""
    from bot.webhooks import commands

    for line in commands.deliveries(read_settings(DatabaseSettings), number):
        typer.echo(line)
