"""Buttons that open a form."""

from typing import Any

from bot.blocks import forms
from bot.blocks.handover import handover_form
from bot.ids import Target
from bot.listeners.actions.card import pressed
from bot.parts import Parts
from core import handover, replies


async def open_reply(parts: Parts, body: dict[str, Any]) -> None:
    """Open the form for an answer by hand."""
    target, user_id = pressed(body)
    writing = await parts.desk.run(
        replies.to_write,
        installation=parts.installation,
        number=target.number,
        by=user_id,
        seen=target.item,
    )
    await parts.open_form(body, forms.reply(writing))


async def open_edit(parts: Parts, body: dict[str, Any], target: Target) -> None:
    """Open the form with the draft that the card showed."""
    draft = await parts.desk.run(
        replies.to_edit,
        installation=parts.installation,
        number=target.number,
        result_id=target.item,
        by=body["user"]["id"],
    )
    await parts.open_form(body, forms.edit(draft))


async def open_handover(parts: Parts, body: dict[str, Any], target: Target) -> None:
    """Open the form for a handover; its summary comes when it is written."""
    ticket = await parts.desk.run(
        handover.to_hand_over,
        installation=parts.installation,
        number=target.number,
        by=body["user"]["id"],
    )
    form = await parts.open_form(body, handover_form(ticket))
    await parts.desk.run(
        handover.summary_due, installation=parts.installation, number=target.number, form=form
    )
