"""Posting, editing and deleting messages."""

import json
from typing import Any

from bot.sandbox.blockkit import check_blocks
from bot.sandbox.errors import SlackError
from bot.sandbox.formatting import normalise
from bot.sandbox.methods.call import Call
from bot.sandbox.objects import message_object
from bot.sandbox.records import Channel, File, Json, Message

# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
POST_TEXT_LIMIT = 40_000
UPDATE_TEXT_LIMIT = 4_000
# All blocks of a message as JSON; Slack names the error, users found the figure.
BLOCKS_LIMIT = 13_000
MARKDOWN_LIMIT = 12_000
ATTACHMENT_LIMIT = 100


def post_message(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postMessage"""
    channel = _place(call)
    content = _content(call)
    message = call.workspace.post(
        channel.id,
        call.workspace.bot.id,
        content.pop("text")[:POST_TEXT_LIMIT],
        bot_id=call.workspace.bot_id,
        thread_ts=call.text("thread_ts") or None,
        is_broadcast=call.flag("reply_broadcast"),
        metadata=_metadata(call),
        **content,
    )
    return {"channel": channel.id, "ts": message.ts, "message": _object(call, message)}


def post_ephemeral(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postEphemeral"""
    channel = _place(call)
    user = call.text("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(call)
    if len(content["text"]) > POST_TEXT_LIMIT:
        raise SlackError("msg_too_long")
    message = call.workspace.post(
        channel.id,
        call.workspace.bot.id,
        content.pop("text"),
        bot_id=call.workspace.bot_id,
        thread_ts=call.text("thread_ts") or None,
        ephemeral_to=user,
        **content,
    )
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.update

    What is not given stays: blocks and attachments go only when an empty list is given.
    """
    channel = call.channel()
    message = _own_message(call, channel, "cant_update_message")
    if len(call.text("text")) > UPDATE_TEXT_LIMIT:
        raise SlackError("msg_too_long")
    content = _content(call)
    if call.args.get("metadata"):
        content["metadata"] = _metadata(call)
    given = {name: value for name, value in content.items() if name == "text" or name in call.args}
    message = call.workspace.edit(channel.id, message.ts, call.workspace.bot.id, **given)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": _object(call, message),
    }


def delete(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.delete"""
    channel = call.channel()
    message = _own_message(call, channel, "cant_delete_message")
    call.workspace.delete(channel.id, message.ts)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.getPermalink"""
    channel = call.channel()
    message = call.workspace.message(channel.id, call.text("message_ts"))
    domain = call.workspace.team_domain
    link = f"https://{domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _place(call: Call) -> Channel:
    """Where to post: a channel's id or #name, or a person's id for their direct message."""
    workspace = call.workspace
    target = call.text("channel")
    if target in workspace.people:
        return workspace.direct_message(target)
    if target in workspace.channels:
        channel = workspace.channels[target]
    else:
        channel = workspace.channel_named(target)
    if workspace.bot.id not in channel.members:
        if channel.is_private or channel.is_im:
            raise SlackError("channel_not_found")
        if "chat:write.public" not in call.context.manifest.scopes:
            raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _own_message(call: Call, channel: Channel, error: str) -> Message:
    """The bot's own message `ts`; an ephemeral one is out of reach for good."""
    message = call.workspace.message(channel.id, call.text("ts"))
    if message.ephemeral_to:
        raise SlackError("message_not_found")
    if message.user != call.workspace.bot.id:
        raise SlackError(error)
    return message


def _content(call: Call) -> Json:
    """Text, blocks and attachments, checked."""
    blocks = call.listing("blocks", "invalid_blocks_format") or []
    attachments = call.listing("attachments", "invalid_attachments") or []
    return message_content(blocks, attachments, call.text("text"), call.text("markdown_text"))


def message_content(
    blocks: list[Json], attachments: list[Json], text: str, markdown_text: str = ""
) -> Json:
    """The fields of a Message from what an app sent. Raises SlackError."""
    if markdown_text:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown_text) > MARKDOWN_LIMIT:
            raise SlackError("msg_too_long")
        text = markdown_text
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    if len(attachments) > ATTACHMENT_LIMIT:
        raise SlackError("too_many_attachments")
    checked = check_blocks(blocks, surface="message")
    if len(json.dumps(blocks, ensure_ascii=False)) > BLOCKS_LIMIT:
        raise SlackError("msg_blocks_too_long")
    return {
        "text": normalise(text),
        "blocks": tuple(checked),
        "attachments": tuple(_attachment(attachment) for attachment in attachments),
    }


def _attachment(attachment: Json) -> Json:
    if "blocks" not in attachment:
        return attachment
    return attachment | {"blocks": check_blocks(attachment["blocks"], surface="message")}


def _metadata(call: Call) -> Json | None:
    """https://docs.slack.dev/messaging/message-metadata"""
    value: Any = call.structure("metadata", "invalid_metadata_format")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SlackError("invalid_metadata_format")
    if not isinstance(value.get("event_type"), str) or not value["event_type"]:
        raise SlackError("invalid_metadata_schema")
    if not isinstance(value.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    return {"event_type": value["event_type"], "event_payload": value["event_payload"]}


def _object(call: Call, message: Message) -> Json:
    return message_object(call.workspace, message, url=call.context.url())


def share_files(call: Call, channel: Channel, files: tuple[File, ...], text: str) -> Message:
    """Post files the bot has uploaded."""
    return call.workspace.post(
        channel.id,
        call.workspace.bot.id,
        normalise(text),
        bot_id=call.workspace.bot_id,
        subtype="file_share",
        thread_ts=call.text("thread_ts") or None,
        files=files,
    )
