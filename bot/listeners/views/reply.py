"""A form with an answer was submitted."""

from typing import Any

from slack_sdk.models.views import View

from bot import ids
from bot.blocks import forms
from bot.ids import Target
from bot.parts import Parts
from core import replies
from core.replies import Draft, Writing


def _text(body: dict[str, Any]) -> str:
    return str(body["view"]["state"]["values"][ids.TEXT][ids.TEXT].get("value") or "")


async def submitted(parts: Parts, body: dict[str, Any]) -> dict[str, Any] | None:
    """Send what was written by hand, unless there is a colleague's answer to read first."""
    view, text = body["view"], _text(body)
    target = Target.parse(view["private_metadata"])
    outcome = await parts.desk.run(
        replies.answer_unless_answered,
        installation=parts.installation,
        number=target.number,
        by=body["user"]["id"],
        text=text,
        form_key=view["id"],
        seen=target.item,
    )
    return _shown_instead(forms.reply(outcome, text=text)) if isinstance(outcome, Writing) else None


async def edited(parts: Parts, body: dict[str, Any]) -> dict[str, Any] | None:
    """Send the draft as the agent changed it, unless there is something new to read first."""
    text = _text(body)
    draft = await _approve(parts, body, text)
    return _shown_instead(forms.edit(draft, text=text)) if draft is not None else None


async def approved(parts: Parts, body: dict[str, Any]) -> dict[str, Any] | None:
    """Send the draft as it is, now that the agent has read what is newer; or is there more?"""
    draft = await _approve(parts, body, None)
    return _shown_instead(forms.approve_anyway(draft)) if draft is not None else None


def _shown_instead(view: View) -> dict[str, Any]:
    return {"response_action": "update", "view": view.to_dict()}


async def _approve(parts: Parts, body: dict[str, Any], text: str | None) -> Draft | None:
    view = body["view"]
    target = Target.parse(view["private_metadata"])
    outcome = await parts.desk.run(
        replies.approve,
        installation=parts.installation,
        number=target.number,
        result_id=target.item,
        by=body["user"]["id"],
        text=text,
        seen=forms.seen_in(target),
        form_key=view["id"],
    )
    return outcome if isinstance(outcome, Draft) else None
