"""Methods about channels and direct messages."""

from collections.abc import Sequence

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call
from bot.sandbox.methods.paging import page
from bot.sandbox.objects import channel_object, message_object
from bot.sandbox.records import Json, Message


def info(call: Call) -> Json:
    return {"channel": channel_object(call.workspace, call.channel())}


def list_all(call: Call) -> Json:
    """Private channels and direct messages appear only when the bot is in them."""
    kinds = call.kinds()
    bot = call.workspace.bot.id
    visible = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or bot in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    channels, following = page(call, visible, lambda channel: channel.id)
    return {
        "channels": [channel_object(call.workspace, channel) for channel in channels],
        "response_metadata": {"next_cursor": following},
    }


def members(call: Call) -> Json:
    found, following = page(call, sorted(call.channel().members), str)
    return {"members": found, "response_metadata": {"next_cursor": following}}


def open_direct(call: Call) -> Json:
    """Only direct messages with one person; https://docs.slack.dev/reference/methods/conversations.open"""
    if call.text("channel"):
        channel = call.workspace.channel(call.text("channel"))
    else:
        users = [user for user in call.text("users").split(",") if user]
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("method_not_supported_for_channel_type")
        if call.workspace.person(users[0]).deleted:
            raise SlackError("user_disabled")
        channel = call.workspace.direct_message(users[0])
    if call.flag("return_im"):
        return {"channel": channel_object(call.workspace, channel)}
    return {"channel": {"id": channel.id}}


def join(call: Call) -> Json:
    channel = call.channel()
    if channel.is_private or channel.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    call.workspace.join(channel.id, call.workspace.bot.id)
    return {"channel": channel_object(call.workspace, call.workspace.channel(channel.id))}


def history(call: Call) -> Json:
    """Newest first, without replies; https://docs.slack.dev/reference/methods/conversations.history"""
    channel = call.channel(member=True)
    shown = [
        message
        for message in reversed(call.workspace.messages(channel.id))
        if message.ephemeral_to is None and (not message.is_reply or message.is_broadcast)
    ]
    return _messages(call, _within(call, shown))


def replies(call: Call) -> Json:
    """Oldest first, the parent before them; `ts` may be any message of the thread."""
    channel = call.channel(member=True)
    ts = call.text("ts")
    if not call.workspace.has_message(channel.id, ts):
        raise SlackError("thread_not_found")
    message = call.workspace.message(channel.id, ts)
    root = message.thread_ts or message.ts
    if message.ephemeral_to or not call.workspace.has_message(channel.id, root):
        raise SlackError("thread_not_found")
    parent = call.workspace.message(channel.id, root)
    within = _within(call, call.workspace.replies(channel.id, root))
    return _messages(call, [parent, *within])


def _within(call: Call, messages: Sequence[Message]) -> list[Message]:
    """Those between `oldest` and `latest`, the bounds themselves only if `inclusive`."""
    for name in ("oldest", "latest"):
        if call.text(name) and not _is_ts(call.text(name)):
            raise SlackError(f"invalid_ts_{name}")
    oldest = float(call.text("oldest") or 0)
    latest = float(call.text("latest") or "inf")
    bounds = {call.text("oldest"), call.text("latest")} if call.flag("inclusive") else set()
    return [
        message
        for message in messages
        if oldest < float(message.ts) < latest or message.ts in bounds
    ]


def _is_ts(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _messages(call: Call, messages: list[Message]) -> Json:
    found, following = page(call, messages, lambda message: message.ts)
    body: Json = {
        "messages": [
            message_object(
                call.workspace,
                message,
                url=call.context.url(),
                with_metadata=call.flag("include_all_metadata"),
            )
            for message in found
        ],
        "has_more": bool(following),
        "pin_count": 0,
    }
    return body | ({"response_metadata": {"next_cursor": following}} if following else {})
