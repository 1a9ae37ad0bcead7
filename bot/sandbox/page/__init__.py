"""The page of the sandbox: the local Slack in a browser, with every role to play."""

from collections.abc import Sequence

from fastapi import FastAPI
from nicegui import ui
from starlette.types import ASGIApp

from bot.sandbox.page.backstage import Backstage, Guide, Hint, Switch, rate_limiting
from bot.sandbox.page.reading import Reading
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.window import Window
from bot.sandbox.server import Sandbox

# Seconds. A tab whose connection was gone for longer is loaded again, and what was written
# meanwhile is lost; the usual 3 are short for a busy browser on a busy machine.
_RECONNECT = 30

__all__ = ["Guide", "Hint", "Switch", "with_page"]


def with_page(
    sandbox: Sandbox,
    *,
    agents: str = "triage",
    first: str = "help",
    guide: Guide | None = None,
    switches: Sequence[Switch] = (),
) -> ASGIApp:
    """The sandbox and its page at `/`, for one server: `sandbox.serve(app=with_page(sandbox))`.

    `agents` names the channel whose members are shown as agents, `first` the one that people see
    first. NiceGUI keeps one page a process, so this is called once in a process.
    `/?person=ben&channel=triage` opens the page as Ben, in #triage. `guide` leads through a
    story; `switches` break things on purpose, beside the one that every Slack has.
    """
    app = FastAPI(openapi_url=None, routes=list(sandbox.app.routes))
    reading = Reading(sandbox.workspace)
    backstage = Backstage(guide or Guide(), [*switches, rate_limiting(sandbox)])

    def window(person: str = "", channel: str = "", thread: str = "") -> None:
        seat = Seat(sandbox, reading, first)
        seat.sit_down(person, channel, thread)
        Window(seat, ui.context.client, agents, backstage)

    ui.page("/")(window)
    ui.run_with(
        app,
        title=f"{sandbox.workspace.team_name} · {sandbox.manifest.app_name} demo",
        favicon="🎫",
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=_RECONNECT,
    )
    return app
