"""How far each person has read, so that what is new can be marked."""

from bot.sandbox.records import Message
from bot.sandbox.workspace import Workspace


class Reading:
    """Shared by all tabs: two tabs of one person have read the same."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read: dict[tuple[str, str, str | None], str] = {}

    def mark(self, user: str, channel: str, thread: str | None = None) -> None:
        """The person has seen the channel (or the thread) down to its end."""
        messages = self._listed(channel, thread)
        if messages:
            self._read[user, channel, thread] = messages[-1].ts

    def first_new(self, user: str, channel: str, thread: str | None = None) -> str | None:
        """The first message after what the person has read; None before they have read any."""
        if (user, channel, thread) not in self._read:
            return None
        messages = self._listed(channel, thread)
        return next((one.ts for one in messages if self._is_new(user, one)), None)

    def unread(self, user: str, channel: str) -> int:
        """Messages in the channel, and replies in threads the person takes part in."""
        return sum(
            self._is_new(user, message) and (not message.is_reply or self._follows(user, message))
            for message in self._workspace.messages(channel)
        )

    def new_replies(self, user: str, root: Message) -> int:
        """Unread replies in a thread the person takes part in."""
        replies = self._workspace.replies(root.channel, root.ts)
        return sum(self._is_new(user, reply) and self._follows(user, reply) for reply in replies)

    def _listed(self, channel: str, thread: str | None) -> list[Message]:
        """What is seen in the channel itself, or in the thread below its first message."""
        if thread:
            return self._workspace.replies(channel, thread)
        return [one for one in self._workspace.messages(channel) if not one.is_reply]

    def _is_new(self, user: str, message: Message) -> bool:
        if message.user == user or message.ephemeral_to or message.subtype == "channel_join":
            return False
        thread = message.thread_ts if message.is_reply else None
        return message.ts > self._read.get((user, message.channel, thread), "")

    def _follows(self, user: str, reply: Message) -> bool:
        channel, root = reply.channel, reply.thread_ts or reply.ts
        replies = self._workspace.replies(channel, root)
        if self._workspace.has_message(channel, root):
            replies.append(self._workspace.message(channel, root))
        return any(message.user == user for message in replies)
