"""The buttons and selects of the card; Resolve and Reopen are the receipt's too."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.blocks import forms
from bot.ids import Target
from bot.parts import Parts
from core import delivery, replies, tickets
from core.installation import Installation
from core.replies import Draft
from storage.tables import TicketPriority


class Service(Protocol):
    """What a person does to one ticket, without further words."""

    def __call__(
        self, session: Session, *, installation: Installation, number: int, by: str
    ) -> object:
        """Do it."""
        ...


def pressed(body: dict[str, Any]) -> tuple[Target, str]:
    """Return what a button acts on, and the id of who pressed it."""
    return Target.parse(body["actions"][0]["value"]), body["user"]["id"]


def selected(body: dict[str, Any]) -> tuple[Target, str]:
    """Return what was selected, and the id of who did."""
    return Target.parse(body["actions"][0]["selected_option"]["value"]), body["user"]["id"]


def button(service: Service) -> Callable[[Parts, dict[str, Any]], Awaitable[None]]:
    """Return the listener of a button that does just that to its ticket."""

    async def clicked(parts: Parts, body: dict[str, Any]) -> None:
        target, user_id = pressed(body)
        await act(parts, service, target, user_id)

    return clicked


async def act(parts: Parts, service: Service, target: Target, user_id: str) -> None:
    """Do it to the ticket."""
    await parts.desk.run(service, installation=parts.installation, number=target.number, by=user_id)


async def approve(parts: Parts, body: dict[str, Any]) -> None:
    """Send the draft that the card showed, or ask again if it is older than what was said."""
    target, user_id = pressed(body)
    outcome = await parts.desk.run(
        replies.approve,
        installation=parts.installation,
        number=target.number,
        result_id=target.item,
        by=user_id,
    )
    if isinstance(outcome, Draft):
        await parts.open_form(body, forms.approve_anyway(outcome))


async def retry_delivery(parts: Parts, body: dict[str, Any]) -> None:
    """Try to deliver the answer once more."""
    target, user_id = pressed(body)
    await parts.desk.run(
        delivery.deliver_again,
        installation=parts.installation,
        number=target.number,
        reply_id=target.item,
        by=user_id,
    )


async def set_category(parts: Parts, body: dict[str, Any]) -> None:
    """Correct the category."""
    target, user_id = selected(body)
    await parts.desk.run(
        tickets.correct,
        installation=parts.installation,
        number=target.number,
        by=user_id,
        category=target.verb,
    )


async def set_priority(parts: Parts, body: dict[str, Any]) -> None:
    """Correct the priority."""
    target, user_id = selected(body)
    await parts.desk.run(
        tickets.correct,
        installation=parts.installation,
        number=target.number,
        by=user_id,
        priority=TicketPriority(target.verb),
    )
