"""Methods about reactions."""

import re

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call
from bot.sandbox.objects import message_object
from bot.sandbox.records import Json, Message

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def _message(call: Call) -> Message:
    channel = call.channel(member=True)
    if channel.is_archived:
        raise SlackError("is_archived")
    message = call.workspace.message(channel.id, call.text("timestamp"))
    if message.ephemeral_to:
        raise SlackError("message_not_found")
    return message


def _name(call: Call) -> str:
    name = call.text("name").strip(":")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


def add(call: Call) -> Json:
    message, name = _message(call), _name(call)
    call.workspace.react(message.channel, message.ts, call.workspace.bot.id, name)
    return {}


def remove(call: Call) -> Json:
    message, name = _message(call), _name(call)
    call.workspace.unreact(message.channel, message.ts, call.workspace.bot.id, name)
    return {}


def get(call: Call) -> Json:
    message = _message(call)
    return {
        "type": "message",
        "channel": message.channel,
        "message": message_object(call.workspace, message, url=call.context.url()),
    }
