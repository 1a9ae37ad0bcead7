"""Messages to Slack: each appears once, whatever happens in between."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.blocks.text import SlackMessage
from core.errors import JobError, Permanent, Transient

log = structlog.get_logger(__name__)

METADATA_TYPE = "ticketloop_message"
PAGE = 200
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
# A message's ts is by Slack's clock, the first try by ours.
CLOCKS_DIFFER = timedelta(minutes=2)

# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
_UNAUTHORISED = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
_NOT_ALLOWED = "the workspace does not let the bot post there"
_ROOT_GONE = "the message that it belongs to was deleted"
# What says that nothing can be posted at that place, whatever it is; another place may do.
_NO_PLACE = {
    "cannot_dm_bot": "that person is a bot",
    "cannot_reply_to_message": "Slack takes no replies to that message",
    "channel_not_found": "the bot is not in that channel, or it is gone",
    "is_archived": "the channel is archived",
    "messages_tab_disabled": "direct messages of the app are switched off",
    "not_enabled": "the app has no Home",
    "not_in_channel": "the bot is not in that channel",
    "restricted_action": _NOT_ALLOWED,
    "restricted_action_non_threadable_channel": "that channel takes no replies",
    "restricted_action_read_only_channel": _NOT_ALLOWED,
    "restricted_action_thread_locked": "the thread is locked",
    "restricted_action_thread_only_channel": _NOT_ALLOWED,
    "user_disabled": "that person was deactivated",
    "user_not_found": "that person is not in the workspace",
    "user_not_visible": "the bot must not see that person",
}
# Slack limits each method by itself: a refused look is no reason to hold up what is to be posted.
# https://docs.slack.dev/apis/web-api/rate-limits
PACED = frozenset({"chat.postMessage", "chat.update", "reactions.add", "reactions.remove"})
# The second is Slack's word where a deleted message left a mark, because it has replies.
_MESSAGE_GONE = frozenset({"message_not_found", "cant_update_message"})


class MessageGone(Permanent):
    """The message was deleted, by an admin say."""


class Unreachable(Permanent):
    """Nothing can be posted there any more: a channel, a thread, a person."""


class ThreadGone(Unreachable):
    """The first message of the thread was deleted."""

    def __init__(self) -> None:
        super().__init__(_ROOT_GONE)


class FileGone(Permanent):
    """The file was deleted."""


class ViewGone(Permanent):
    """The form was closed."""


class Poster:
    """Posts, updates and deletes messages.

    ``on_unauthorised`` is told when Slack takes the bot's token no more.
    """

    def __init__(self, client: AsyncWebClient, on_unauthorised: Callable[[str], None]) -> None:
        self._client = client
        self._on_unauthorised = on_unauthorised

    async def call(
        self, method: Callable[..., Awaitable[AsyncSlackResponse]], **arguments: Any
    ) -> dict[str, Any]:
        """Call a method of the client.

        Raises:
            Transient: Slack cannot do it now, or did not say whether it did.
            Permanent: Slack will never do it.
        """
        response = await self.answer(method, **arguments)
        return response.data if isinstance(response.data, dict) else {}

    async def answer(
        self, method: Callable[..., Awaitable[AsyncSlackResponse]], **arguments: Any
    ) -> AsyncSlackResponse:
        """Call a method of the client for its whole answer, headers included.

        Raises:
            Transient, Permanent: see ``call``.
        """
        name = method.__name__.replace("_", ".", 1)
        try:
            return await method(**arguments)
        except SlackApiError as error:
            raise self._meaning(name, error) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"Slack did not answer {name} ({type(error).__name__})") from error

    def _meaning(self, method: str, error: SlackApiError) -> JobError:
        code = error_code(error)
        status = getattr(error.response, "status_code", 0)
        if status == TOO_MANY_REQUESTS or code in _PASSING:
            return Transient(
                f"Slack limits {method}",
                retry_after=_retry_after(error),
                is_of_pace=method in PACED,
            )
        if status >= SERVER_ERROR or not code:
            return Transient(f"Slack answered {method} with status {status}")
        if code in _UNAUTHORISED:
            # Nothing is lost by waiting: the token may be mended within the time that jobs live.
            self._on_unauthorised(code)
            return Transient(f"Slack does not take the bot's token ({code})")
        if code in _MESSAGE_GONE:
            return MessageGone("the message was deleted")
        if code == "thread_not_found":
            return ThreadGone()
        if code in _NO_PLACE:
            return Unreachable(_NO_PLACE[code])
        if code in {"file_deleted", "file_not_found"}:
            return FileGone("the file was deleted")
        if code == "not_found" and method == "views.update":
            return ViewGone("the form was closed")
        if code == "missing_scope":
            return Permanent(
                f"the app lacks the scope {_scope(error)} for {method}: install it again with the "
                "scopes of manifest.yml"
            )
        return Permanent(f"Slack refused {method} ({code})")

    async def post(
        self,
        message: SlackMessage,
        *,
        key: str,
        channel: str,
        thread_ts: str | None = None,
        look_since: datetime | None = None,
    ) -> str:
        """Post a message and return its ts.

        ``key`` marks it. With ``look_since``, see ``find``: what an earlier try posted is left as
        it is.

        Raises:
            Transient, Permanent: see ``call``.
        """
        found = await self.find(key, channel=channel, thread_ts=thread_ts, since=look_since)
        if found is not None:
            return found
        posted = await self.call(
            self._client.chat_postMessage,
            channel=channel,
            **({"thread_ts": thread_ts} if thread_ts else {}),
            **message.arguments(),
            metadata={"event_type": METADATA_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        ts = str(posted["ts"])
        if thread_ts and posted.get("message", {}).get("thread_ts") != thread_ts:
            # Slack posts at top level, without an error, when the thread's first message is gone.
            await self.delete(channel=channel, ts=ts)
            raise ThreadGone
        return ts

    async def find(
        self, key: str, *, channel: str, thread_ts: str | None = None, since: datetime | None
    ) -> str | None:
        """Return the ts of the message with that key, or None; without ``since`` it is not sought.

        An earlier try may have posted it since then. A look that fails raises: nothing is ever
        posted blind.

        Raises:
            ThreadGone: there is no such thread, and what may have landed outside it is deleted.
            Transient, Permanent: see ``call``.
        """
        if since is None:
            return None
        try:
            return await self._look(key, channel=channel, thread_ts=thread_ts, since=since)
        except ThreadGone:
            # An earlier try may have ended before it could take back what landed at top level.
            stray = await self._look(key, channel=channel, thread_ts=None, since=since)
            if stray is None:
                raise
            if is_direct(channel):
                return stray  # nobody but the two of them reads it there
            await self.delete(channel=channel, ts=stray)
            raise

    async def _look(
        self, key: str, *, channel: str, thread_ts: str | None, since: datetime
    ) -> str | None:
        client = self._client
        method = client.conversations_replies if thread_ts else client.conversations_history
        messages = self._messages(
            method,
            channel=channel,
            oldest=_oldest(since),
            include_all_metadata=True,
            **({"ts": thread_ts} if thread_ts else {}),
        )
        async for message in messages:
            payload = message.get("metadata", {}).get("event_payload", {})
            if payload.get("key") == key:
                ts = str(message["ts"])
                log.info("found the message that an earlier try posted", channel=channel, ts=ts)
                return ts
        return None

    async def find_files(
        self, *, channel: str, thread_ts: str, since: datetime, user_id: str
    ) -> list[dict[str, Any]]:
        """Return the files that the user posted in the thread since then; a lost thread has none.

        Raises:
            Transient, Permanent: see ``call``.
        """
        method, oldest = self._client.conversations_replies, _oldest(since)
        found: list[dict[str, Any]] = []
        with suppress(MessageGone, ThreadGone):
            async for each in self._messages(method, channel=channel, ts=thread_ts, oldest=oldest):
                if each.get("user") == user_id:
                    found += each.get("files", ())
        return found

    async def clear_thread(self, *, channel: str, ts: str, bot_user_id: str) -> None:
        """Delete what the bot wrote below the message, whether anybody noted it or not.

        Raises:
            Transient, Permanent: see ``call``.
        """
        method = self._client.conversations_replies
        with suppress(MessageGone, ThreadGone):
            written = [each async for each in self._messages(method, channel=channel, ts=ts)]
            for message in written:
                if message["ts"] != ts and message.get("user") == bot_user_id:
                    await self.delete(channel=channel, ts=str(message["ts"]))

    async def _messages(
        self, method: Callable[..., Awaitable[AsyncSlackResponse]], **arguments: Any
    ) -> AsyncIterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = await self.call(
                method, limit=PAGE, **arguments, **({"cursor": cursor} if cursor else {})
            )
            for message in page.get("messages", []):
                yield message
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return

    async def update(self, message: SlackMessage, *, channel: str, ts: str) -> None:
        """Make the message say this now.

        Raises:
            MessageGone: it was deleted.
            Transient, Permanent: see ``call``.
        """
        await self.call(self._client.chat_update, channel=channel, ts=ts, **message.arguments())

    async def delete(self, *, channel: str, ts: str) -> None:
        """Delete the message; one that is gone already counts as deleted.

        Raises:
            Transient, Permanent: see ``call``.
        """
        with suppress(MessageGone):
            await self.call(self._client.chat_delete, channel=channel, ts=ts)

    async def direct_channel(self, user_id: str) -> str:
        """Return the channel of the bot's direct messages with that person.

        Raises:
            Transient, Permanent: see ``call``.
        """
        opened = await self.call(self._client.conversations_open, users=user_id)
        return str(opened["channel"]["id"])


def _oldest(since: datetime) -> str:
    return f"{(since - CLOCKS_DIFFER).timestamp():.6f}"


def is_direct(channel: str) -> bool:
    """Whether it is a direct message between the bot and one person."""
    return channel.startswith("D")


def error_code(error: SlackApiError) -> str:
    """Return Slack's name of the error, empty where the answer was not Slack's JSON."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def permanent_code(error: SlackApiError) -> str | None:
    """Return Slack's name of the error, or None where trying again may help."""
    code = error_code(error)
    return code if code and code not in _PASSING else None


def _scope(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("needed") or "it needs") if isinstance(data, dict) else "it needs"


def _retry_after(error: SlackApiError) -> float | None:
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    value = str(headers.get("retry-after", ""))
    return float(value) if value.isdigit() else None
