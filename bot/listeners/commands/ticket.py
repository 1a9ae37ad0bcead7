"""``/ticket``: a text opens a ticket, nothing opens the form, and a verb does what it says."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.blocks import forms
from bot.blocks import overview as shown
from bot.blocks.batch import so_many
from bot.blocks.text import SlackMessage, from_slack
from bot.listeners.commands import grammar
from bot.listeners.commands.grammar import About, Batch, Form, Help, List, Misused, New
from bot.parts import Parts
from core import batches, contacts, intake, overview, tickets, triage
from core.audit import Surface
from core.intake import Request, Source

Answer = str | SlackMessage


async def command(parts: Parts, body: dict[str, Any]) -> str | dict[str, Any] | None:
    """Do what is wanted, and answer so that only the person sees it."""
    answer: Answer
    match grammar.parse(from_slack(str(body.get("text") or ""))):
        case Form():
            await parts.open_form(body, forms.new_ticket())
            return None
        case New(text):
            answer = await _open(parts, body, text)
        case Help():
            answer = await _help(parts, body)
        case Batch():
            answer = await _batch(parts, body)
        case List(which):
            listed = await parts.desk.run(
                overview.listed,
                installation=parts.installation,
                user_id=body["user_id"],
                which=which,
            )
            answer = shown.ticket_list(listed, installation=parts.installation)
        case About() as about:
            answer = await _ABOUT[about.verb](parts, body["user_id"], about)
        case Misused(verb):
            answer = shown.usage(verb, grammar.USAGE)
    return answer if isinstance(answer, str) else answer.arguments()


async def _open(parts: Parts, body: dict[str, Any], text: str) -> str:
    opened = await parts.desk.run(
        intake.open_ticket,
        installation=parts.installation,
        request=Request(
            source=Source.COMMAND,
            requester=body["user_id"],
            text=text,
            external_id=body["trigger_id"],
        ),
        card_delay=parts.card_delay,
    )
    return f"Ticket #{opened.ticket.id} is open. You will be answered in a direct message."


async def _help(parts: Parts, body: dict[str, Any]) -> SlackMessage:
    person = await parts.desk.run(
        contacts.known, installation=parts.installation, user_id=body["user_id"]
    )
    theirs = {
        verb: how
        for verb, how in grammar.USAGE.items()
        if person.is_agent or verb not in grammar.FOR_AGENTS
    }
    return shown.command_help(theirs)


async def _batch(parts: Parts, body: dict[str, Any]) -> str:
    """Begin a batch. How far it is stands where agents read, or else in a direct message.

    Slack takes five answers to a command, for half an hour: too few, and not for long enough.
    """
    is_here = parts.installation.is_triage(body["channel_id"])
    batch = await parts.desk.run(
        batches.ask,
        installation=parts.installation,
        by=body["user_id"],
        concurrency=parts.settings.model_concurrency,
        channel=body["channel_id"] if is_here else body["user_id"],
        surface=Surface.COMMAND,
    )
    if batch is None:
        return "Nothing to do: no ticket waits for a triage."
    where = "here" if is_here else "by direct message"
    said = so_many(batch.total)
    if batch.total == batches.MOST:
        said = f"the oldest {said}, as many as a batch may have; ask again for the rest"
    return f"Batch {batch.id}: {said}. How far it is comes {where}."


async def _show(parts: Parts, user_id: str, about: About) -> SlackMessage:
    found = await parts.desk.run(
        overview.shown, installation=parts.installation, by=user_id, number=about.number
    )
    return shown.ticket_shown(
        found, categories=parts.settings.categories, installation=parts.installation
    )


async def _triage(parts: Parts, user_id: str, about: About) -> str:
    await parts.desk.run(
        triage.process,
        installation=parts.installation,
        number=about.number,
        by=user_id,
        force=about.force,
        surface=Surface.COMMAND,
    )
    return f"Ticket #{about.number} is being triaged. Its card will show the result."


def _changed(service: Callable[..., object], said: str) -> Callable[..., Awaitable[str]]:
    """Make what changes the ticket by that service, and says what has become of it."""

    async def change(parts: Parts, user_id: str, about: About) -> str:
        await parts.desk.run(
            service,
            installation=parts.installation,
            number=about.number,
            by=user_id,
            surface=Surface.COMMAND,
        )
        return f"Ticket #{about.number} {said}."

    return change


_ABOUT: dict[str, Callable[[Parts, str, About], Awaitable[Answer]]] = {
    grammar.SHOW: _show,
    grammar.TRIAGE: _triage,
    grammar.RESOLVE: _changed(tickets.resolve, "is resolved"),
    grammar.REOPEN: _changed(tickets.reopen, "is open again"),
}
