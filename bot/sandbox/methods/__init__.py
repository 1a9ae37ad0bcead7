"""The Web API's methods, by the noun they are about. `METHODS` is the table of them all."""

from collections.abc import Callable, Mapping

from bot.sandbox.methods import (
    account,
    chat,
    conversations,
    files,
    reactions,
    usergroups,
    users,
    views,
)
from bot.sandbox.methods.call import Call
from bot.sandbox.records import Json

METHODS: Mapping[str, Callable[[Call], Json]] = {
    "api.test": account.api_test,
    "apps.connections.open": account.connections_open,
    "auth.test": account.auth_test,
    "bots.info": account.bots_info,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.info": conversations.info,
    "conversations.join": conversations.join,
    "conversations.list": conversations.list_all,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_direct,
    "conversations.replies": conversations.replies,
    "emoji.list": account.emoji_list,
    "files.completeUploadExternal": files.complete_upload,
    "files.delete": files.delete,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.info": files.info,
    "reactions.add": reactions.add,
    "reactions.get": reactions.get,
    "reactions.remove": reactions.remove,
    "team.info": account.team_info,
    "usergroups.list": usergroups.list_all,
    "usergroups.users.list": usergroups.list_users,
    "users.conversations": users.conversations,
    "users.info": users.info,
    "users.list": users.list_all,
    "users.lookupByEmail": users.lookup_by_email,
    "views.open": views.open_modal,
    "views.publish": views.publish,
    "views.push": views.push,
    "views.update": views.update,
}
