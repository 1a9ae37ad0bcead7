"""The global shortcut "New ticket", and the button of that name on the Home."""

from typing import Any

from bot.blocks import forms
from bot.parts import Parts


async def shortcut(parts: Parts, body: dict[str, Any]) -> None:
    """Open the form, as ``/ticket`` alone does."""
    await parts.open_form(body, forms.new_ticket())
