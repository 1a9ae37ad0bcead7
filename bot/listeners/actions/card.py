"""The buttons and selects of the card; Resolve and Reopen are the receipt's too."""

from typing import Any

from bot.ids import Target
from bot.parts import Parts
from core import replies, tickets, triage
from storage.tables import TicketPriority


def pressed(body: dict[str, Any]) -> tuple[Target, str]:
    """Return what a button acts on, and the id of who pressed it."""
    return Target.parse(body["actions"][0]["value"]), body["user"]["id"]


def selected(body: dict[str, Any]) -> tuple[Target, str]:
    """Return what was selected, and the id of who did."""
    return Target.parse(body["actions"][0]["selected_option"]["value"]), body["user"]["id"]


async def approve(parts: Parts, body: dict[str, Any]) -> None:
    """Send the draft that the card showed."""
    target, user_id = pressed(body)
    await parts.desk.run(
        replies.approve,
        installation=parts.installation,
        number=target.number,
        result_id=target.item,
        user_id=user_id,
    )


async def resolve(parts: Parts, body: dict[str, Any]) -> None:
    """Resolve the ticket."""
    target, user_id = pressed(body)
    await parts.desk.run(
        tickets.resolve, installation=parts.installation, number=target.number, user_id=user_id
    )


async def reopen(parts: Parts, body: dict[str, Any]) -> None:
    """Reopen the ticket."""
    target, user_id = pressed(body)
    await parts.desk.run(
        tickets.reopen, installation=parts.installation, number=target.number, user_id=user_id
    )


async def undo(parts: Parts, body: dict[str, Any]) -> None:
    """Make it a ticket again."""
    target, user_id = pressed(body)
    await parts.desk.run(
        tickets.bring_back, installation=parts.installation, number=target.number, user_id=user_id
    )


async def retry_delivery(parts: Parts, body: dict[str, Any]) -> None:
    """Try to deliver the answer once more."""
    target, user_id = pressed(body)
    await parts.desk.run(
        replies.deliver_again,
        installation=parts.installation,
        number=target.number,
        reply_id=target.item,
        user_id=user_id,
    )


async def try_again(parts: Parts, body: dict[str, Any]) -> None:
    """Triage once more."""
    target, user_id = pressed(body)
    await parts.desk.run(
        triage.process, installation=parts.installation, number=target.number, user_id=user_id
    )


async def set_category(parts: Parts, body: dict[str, Any]) -> None:
    """Correct the category."""
    target, user_id = selected(body)
    await parts.desk.run(
        tickets.correct,
        installation=parts.installation,
        number=target.number,
        user_id=user_id,
        category=target.verb,
    )


async def set_priority(parts: Parts, body: dict[str, Any]) -> None:
    """Correct the priority."""
    target, user_id = selected(body)
    await parts.desk.run(
        tickets.correct,
        installation=parts.installation,
        number=target.number,
        user_id=user_id,
        priority=TicketPriority(target.verb),
    )
