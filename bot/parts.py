"""What listeners work with, and how they speak to the person who clicked."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.blocks.text import escape
from bot.posting import error_code
from core.desk import Desk
from core.errors import Refusal
from core.installation import Installation
from core.settings import Settings

log = structlog.get_logger(__name__)

# https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
SLACK_HOSTS = frozenset({"hooks.slack.com", "slack.com", "hooks.slack-gov.com", "slack-gov.com"})


# A trigger lives three seconds, and so long does Slack wait for the acknowledgement.
TRIGGER_LIFE = 2.5


class FormNotOpened(Refusal):
    """Slack did not open a form."""

    def __init__(self) -> None:
        super().__init__("Slack did not open the form in time. Nothing was done; please try again.")


class Background:
    """Work that a listener leaves behind, kept in hand so that the end of the run can await it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it without anyone waiting."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, grace: timedelta) -> None:
        """Wait for what is under way, but no longer than ``grace``."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace.total_seconds())


@dataclass(frozen=True)
class Parts:
    """Everything that a listener may use."""

    desk: Desk
    installation: Installation
    settings: Settings
    client: AsyncWebClient
    session: aiohttp.ClientSession
    background: Background = field(default_factory=Background)

    @property
    def card_delay(self) -> timedelta:
        """How long a new card waits for its triage."""
        return timedelta(seconds=self.settings.card_delay)

    async def open_form(self, body: dict[str, Any], view: View) -> str:
        """Open a form for the person who asked for it, while their trigger is good for it.

        Returns the form's id.

        Raises:
            FormNotOpened: Slack did not open it.
        """
        try:
            async with asyncio.timeout(TRIGGER_LIFE):
                # From inside a modal only a push is taken, and the modal stays under the form.
                is_above = (body.get("view") or {}).get("type") == "modal"
                show = self.client.views_push if is_above else self.client.views_open
                opened = await show(trigger_id=body["trigger_id"], view=view)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            code = error_code(error) if isinstance(error, SlackApiError) else type(error).__name__
            log.warning("Slack did not open a form", error=code)
            raise FormNotOpened from None
        return str(opened["view"]["id"])

    def tell(self, body: dict[str, Any], text: str) -> None:
        """Tell the person who did something what came of it, so that only they see it.

        Best effort, and after the acknowledgement: nobody waits for it, and it is never retried.
        """
        self.background.start(self._tell(body, text))

    async def _tell(self, body: dict[str, Any], text: str) -> None:
        url = str(body.get("response_url") or "")
        try:
            if url and self._is_slack(url):
                answer = await AsyncWebhookClient(url, session=self.session).send_dict(
                    {
                        "text": escape(text),
                        "response_type": "ephemeral",
                        "replace_original": False,
                        **_thread(body),
                    }
                )
                if answer.status_code != HTTPStatus.OK:
                    log.warning("a private answer did not arrive", status=answer.status_code)
            elif channel := body.get("channel", {}).get("id"):
                await self.client.chat_postEphemeral(
                    channel=channel, user=body["user"]["id"], text=escape(text), **_thread(body)
                )
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("a private answer did not arrive", error=type(error).__name__)

    def _is_slack(self, url: str) -> bool:
        """Whether the address is Slack's own: anybody could write another into a payload."""
        address, api = urlsplit(url), urlsplit(self.settings.slack_api_url)
        if address.scheme == "https" and address.hostname in SLACK_HOSTS:
            return True
        return (address.scheme, address.netloc) == (api.scheme, api.netloc)


def place_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return who did what an event is about, and where, as the body of a click says it."""
    item = event.get("item") or {}
    return {
        "channel": {"id": event.get("channel") or item.get("channel")},
        "user": {"id": event.get("user")},
        "message": {"thread_ts": event.get("thread_ts")},
    }


def _thread(body: dict[str, Any]) -> dict[str, Any]:
    """The thread in which somebody clicked, so that the answer appears where they look.

    The first message of a thread carries its own as well, but most see it in the channel.
    """
    message = body.get("message", {})
    thread_ts = message.get("thread_ts")
    return {"thread_ts": str(thread_ts)} if thread_ts and thread_ts != message.get("ts") else {}
