"""How people, channels, messages, files and views look in Slack's JSON."""

from bot.sandbox.records import Channel, File, Json, Message, Person, View
from bot.sandbox.workspace import Workspace


def user_object(workspace: Workspace, person: Person, *, with_email: bool) -> Json:
    """https://docs.slack.dev/reference/objects/user-object"""
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "status_text": "",
        "status_emoji": "",
        "team": workspace.team_id,
    }
    if with_email and not person.is_bot:
        profile["email"] = person.email
    if person.is_bot:
        profile |= {"bot_id": workspace.bot_id, "api_app_id": workspace.app_id}
    user: Json = {
        "id": person.id,
        "team_id": workspace.team_id,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": person.deleted,
        "tz": person.tz,
        "locale": person.locale,
        "profile": profile,
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1700000000,
    }
    if person.is_stranger:
        user["is_stranger"] = True
    return user


def channel_object(workspace: Workspace, channel: Channel) -> Json:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    if channel.is_im:
        other = next(iter(channel.members - {workspace.bot.id}), workspace.bot.id)
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": channel.is_archived,
            "is_org_shared": False,
            "user": other,
            "is_user_deleted": workspace.person(other).deleted,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "is_channel": not channel.is_private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_member": workspace.bot.id in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def file_object(file: File, url: str) -> Json:
    """https://docs.slack.dev/reference/objects/file-object"""
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "text",
        "size": file.length or len(file.content or b""),
        "user": file.user,
        "mode": "hosted",
        "is_external": False,
        "url_private": f"{url}/files/{file.id}",
        "url_private_download": f"{url}/files/{file.id}",
    }


def message_object(
    workspace: Workspace, message: Message, *, url: str, with_metadata: bool = True
) -> Json:
    """https://docs.slack.dev/reference/events/message, without the fields of an event."""
    body: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team_id,
    }
    if message.subtype:
        body["subtype"] = message.subtype
    if message.client_msg_id:
        body["client_msg_id"] = message.client_msg_id
    if message.bot_id:
        body |= _bot_fields(workspace, message)
    body |= _content_fields(message, url)
    if message.metadata is not None and with_metadata:
        body["metadata"] = message.metadata
    return body | _thread_fields(workspace, message)


def _bot_fields(workspace: Workspace, message: Message) -> Json:
    fields: Json = {
        "bot_id": message.bot_id,
        "app_id": workspace.app_id,
        "bot_profile": {
            "id": workspace.bot_id,
            "app_id": workspace.app_id,
            "name": workspace.bot.real_name,
            "icons": {},
            "deleted": False,
            "updated": 1700000000,
            "team_id": workspace.team_id,
        },
    }
    return fields | ({"username": message.username} if message.username else {})


def _content_fields(message: Message, url: str) -> Json:
    fields: Json = {}
    if message.blocks:
        fields["blocks"] = list(message.blocks)
    if message.attachments:
        fields["attachments"] = list(message.attachments)
    if message.files:
        fields["files"] = [file_object(file, url) for file in message.files]
        fields["upload"] = False
    if message.edited:
        fields["edited"] = {"user": message.edited.user, "ts": message.edited.ts}
    if message.inviter:
        fields["inviter"] = message.inviter
    if message.reactions:
        fields["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions.items()
        ]
    return fields


def _thread_fields(workspace: Workspace, message: Message) -> Json:
    if message.thread_ts and message.is_reply:
        fields: Json = {"thread_ts": message.thread_ts}
        if workspace.has_message(message.channel, message.thread_ts):
            fields["parent_user_id"] = workspace.message(message.channel, message.thread_ts).user
        return fields
    replies = workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
        "is_locked": False,
        "subscribed": False,
    }


def view_object(workspace: Workspace, view: View, values: Json | None = None) -> Json:
    """https://docs.slack.dev/reference/views, as it comes back from Slack."""
    body = view.body
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "type": view.type,
        "blocks": view.blocks,
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": values or {}},
        "hash": view.hash,
        "title": body.get("title"),
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": workspace.app_id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.bot_id,
    }
