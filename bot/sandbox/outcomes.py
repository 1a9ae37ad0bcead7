"""What comes of something a person did."""

import asyncio
from dataclasses import dataclass, replace

from bot.sandbox.blockkit import check_view
from bot.sandbox.delivery import Ack
from bot.sandbox.errors import SlackError
from bot.sandbox.records import Json, View
from bot.sandbox.views import Views


@dataclass(frozen=True)
class Outcome:
    """What came of something a person did.

    `ack` is how the bot took it, None when it was not told (not subscribed, say). `ts` is the
    message that was written. `error` is the error the person sees.
    """

    ack: Ack | None = None
    ts: str | None = None
    error: str | None = None

    @property
    def acked(self) -> bool:
        return self.ack is not None and self.ack.acked

    @property
    def ms(self) -> float | None:
        """How long the bot took to acknowledge."""
        return self.ack.ms if self.ack else None

    @property
    def payload(self) -> Json:
        """What the bot put into its acknowledgement."""
        return (self.ack.payload if self.ack else None) or {}

    @property
    def errors(self) -> dict[str, str]:
        """The errors a submission was answered with, by block id."""
        if self.payload.get("response_action") != "errors":
            return {}
        return dict(self.payload.get("errors") or {})


def outcome_of(ack: Ack) -> Outcome:
    """Slack's words when the bot did not answer a command or an interaction."""
    errors = {"timeout": "operation_timeout", "refused": "http_client_error"}
    error = None if ack.acked else errors.get(ack.status, "dispatch_failed")
    return Outcome(ack, error=error)


async def first_told(told: list[asyncio.Future[Ack]], ts: str | None = None) -> Outcome:
    """Wait for the first delivery; it goes on being redelivered on its own."""
    return Outcome(await asyncio.shield(told[0]) if told else None, ts)


def obey(views: Views, view: View, outcome: Outcome) -> Outcome:
    """Do with the modal what the bot's `response_action` says.

    https://docs.slack.dev/surfaces/modals#handling_submissions
    """
    if view.id not in {other.id for other in views.stack(view.user)}:
        return outcome  # closed by a second click, or by the bot itself
    match outcome.payload.get("response_action"):
        case "errors":
            unknown = set(outcome.errors) - {block["block_id"] for block in view.blocks}
            if unknown or not outcome.errors:
                return replace(outcome, error="invalid_response_action_errors")
            views.show_errors(view.id, outcome.errors)
        case "clear":
            views.clear(view.user)
        case "update" | "push" as step:
            try:
                body = check_view(outcome.payload.get("view") or {})
            except SlackError as invalid:
                return replace(outcome, error=str(invalid.details))
            if step == "update":
                views.update(view.id, body)
            else:
                views.push(view.user, body)
        case _:
            views.close(view.user, view.id)
    return outcome
