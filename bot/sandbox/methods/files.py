"""Uploading files in three steps: https://docs.slack.dev/messaging/working-with-files#uploading_files."""

import mimetypes
from dataclasses import replace

from bot.sandbox.errors import SlackError
from bot.sandbox.ids import new_id
from bot.sandbox.methods.call import Call
from bot.sandbox.methods.chat import share_files
from bot.sandbox.objects import file_object
from bot.sandbox.records import Channel, File, Json


def get_upload_url(call: Call) -> Json:
    name, length = call.text("filename"), call.text("length")
    if not length.isdecimal() or int(length) == 0:
        raise SlackError("invalid_arguments")
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(new_id("F"), name, call.workspace.bot.id, mimetype, length=int(length))
    call.workspace.put_file(file)
    return {"upload_url": f"{call.context.url()}/upload/{file.id}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """Shares the files when `channel_id` is given."""
    entries = call.listing("files", "invalid_arguments") or []
    files = tuple(_uploaded(call, entry) for entry in entries)
    if call.text("channel_id"):
        channel = _channel(call)
        files = tuple(replace(file, channels=frozenset({channel.id})) for file in files)
        share_files(call, channel, files, call.text("initial_comment"))
    for file in files:
        call.workspace.put_file(file)
    return {"files": [_object(call, file) for file in files]}


def _channel(call: Call) -> Channel:
    channel = call.workspace.channel(call.text("channel_id"))
    if call.workspace.bot.id not in channel.members:
        raise SlackError("channel_not_found" if channel.kind != "channel" else "not_in_channel")
    return channel


def _uploaded(call: Call, entry: Json) -> File:
    file = call.workspace.files.get(str(entry.get("id", "")))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return replace(file, title=str(entry.get("title") or file.name))


def delete(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/files.delete"""
    file = call.workspace.files.get(call.text("file"))
    if file is None:
        raise SlackError("file_not_found")
    if file.user != call.workspace.bot.id:
        raise SlackError("cant_delete_file")
    call.workspace.delete_file(file.id)
    return {}


def info(call: Call) -> Json:
    file = call.workspace.files.get(call.text("file"))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return {"file": _object(call, file)}


def _object(call: Call, file: File) -> Json:
    """The file with the places where it is shared: private ones are groups."""
    places = [call.workspace.channel(place) for place in sorted(file.channels)]
    return file_object(file, call.context.url()) | {
        "channels": [place.id for place in places if place.kind == "channel"],
        "groups": [place.id for place in places if place.kind == "group"],
        "ims": [place.id for place in places if place.kind == "im"],
    }
