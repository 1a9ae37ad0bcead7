"""Response URLs: five answers in thirty minutes to whoever did something.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.chat import message_content
from bot.sandbox.records import Json
from bot.sandbox.workspace import Workspace

USES = 5


@dataclass(frozen=True)
class _Grant:
    channel: str
    user: str
    message_ts: str | None
    dies_at: float
    uses: int = USES


class ResponseUrls:
    """Issues the URLs and carries out what is posted to them."""

    def __init__(self, workspace: Workspace, seconds: float, url: Callable[[], str]) -> None:
        self._workspace = workspace
        self._seconds = seconds
        self._url = url
        self._grants: dict[str, _Grant] = {}

    def issue(self, channel: str, user: str, message_ts: str | None = None) -> str:
        """A new URL; `message_ts` is the message that was clicked, if any."""
        now = monotonic()
        self._grants = {key: grant for key, grant in self._grants.items() if grant.dies_at > now}
        key = secrets.token_urlsafe(24)
        self._grants[key] = _Grant(channel, user, message_ts, now + self._seconds)
        return f"{self._url()}/response/{key}"

    def use(self, key: str, body: Json) -> None:
        """Post, replace or delete. Raises SlackError `used_url`, `expired_url`, `no_text`, …"""
        grant = self._grants.get(key)
        if grant is None or monotonic() > grant.dies_at:
            raise SlackError("expired_url")
        if grant.uses == 0:
            raise SlackError("used_url")
        self._carry_out(grant, body)
        self._grants[key] = replace(grant, uses=grant.uses - 1)

    def answer(self, channel: str, user: str, body: Json) -> None:
        """What the bot put into its acknowledgement of a command, as a message."""
        self._carry_out(_Grant(channel, user, None, 0.0), body)

    def _carry_out(self, grant: _Grant, body: Json) -> None:
        workspace = self._workspace
        target = grant.message_ts
        known = target is not None and workspace.has_message(grant.channel, target)
        if body.get("delete_original"):
            if target is None or not known:
                raise SlackError("message_not_found")
            workspace.delete(grant.channel, target)
            return
        content = message_content(
            body.get("blocks") or [], body.get("attachments") or [], body.get("text") or ""
        )
        if body.get("replace_original") and target is not None and known:
            workspace.edit(grant.channel, target, workspace.bot.id, **content)
            return
        in_channel = body.get("response_type") == "in_channel"
        workspace.post(
            grant.channel,
            workspace.bot.id,
            content.pop("text"),
            bot_id=workspace.bot_id,
            ephemeral_to=None if in_channel else grant.user,
            thread_ts=body.get("thread_ts"),
            **content,
        )
