"""Scopes, rate tiers and required arguments of the Web API methods.

From https://docs.slack.dev/reference/methods. A method that is not here is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Calls a minute and method; https://docs.slack.dev/apis/web-api/rate-limits. The special tier
# of chat.postMessage is a workspace's "several hundred a minute" beside one a second and
# channel; that of the others is as good as none.
TIERS: Mapping[str, int] = {
    "1": 1,
    "2": 20,
    "3": 50,
    "4": 100,
    "posting": 600,
    "special": 6_000,
}


@dataclass(frozen=True)
class MethodFacts:
    """`scopes`: any of them will do. `{kind}` stands for channels, groups or im.

    A method with `{kind}` is checked once its channel is known.
    """

    tier: str
    scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


FACTS: Mapping[str, MethodFacts] = {
    "api.test": MethodFacts("4"),
    "apps.connections.open": MethodFacts("3"),
    "auth.test": MethodFacts("special"),
    "bots.info": MethodFacts("3", ("users:read",)),
    "chat.delete": MethodFacts("3", ("chat:write",), ("channel", "ts")),
    "chat.getPermalink": MethodFacts("special", (), ("channel", "message_ts")),
    "chat.postEphemeral": MethodFacts("4", ("chat:write",), ("channel", "user")),
    "chat.postMessage": MethodFacts("posting", ("chat:write",), ("channel",)),
    "chat.update": MethodFacts("3", ("chat:write",), ("channel", "ts")),
    "conversations.history": MethodFacts("3", ("{kind}:history",), ("channel",)),
    "conversations.info": MethodFacts("3", ("{kind}:read",), ("channel",)),
    "conversations.join": MethodFacts("3", ("channels:join",), ("channel",)),
    "conversations.list": MethodFacts("2"),
    "conversations.members": MethodFacts("4", ("{kind}:read",), ("channel",)),
    "conversations.open": MethodFacts("3", ("im:write",)),
    "conversations.replies": MethodFacts("3", ("{kind}:history",), ("channel", "ts")),
    "emoji.list": MethodFacts("2", ("emoji:read",)),
    "files.completeUploadExternal": MethodFacts("4", ("files:write",), ("files",)),
    "files.delete": MethodFacts("3", ("files:write",), ("file",)),
    "files.getUploadURLExternal": MethodFacts("4", ("files:write",), ("filename", "length")),
    "files.info": MethodFacts("4", ("files:read",), ("file",)),
    "reactions.add": MethodFacts("3", ("reactions:write",), ("channel", "timestamp", "name")),
    "reactions.get": MethodFacts("3", ("reactions:read",), ("channel", "timestamp")),
    "reactions.remove": MethodFacts("2", ("reactions:write",), ("channel", "timestamp", "name")),
    "team.info": MethodFacts("3", ("team:read",)),
    "usergroups.list": MethodFacts("2", ("usergroups:read",)),
    "usergroups.users.list": MethodFacts("2", ("usergroups:read",), ("usergroup",)),
    "users.conversations": MethodFacts("3"),
    "users.info": MethodFacts("4", ("users:read",), ("user",)),
    "users.list": MethodFacts("2", ("users:read",)),
    "users.lookupByEmail": MethodFacts("3", ("users:read.email",), ("email",)),
    "views.open": MethodFacts("4", (), ("trigger_id", "view")),
    "views.publish": MethodFacts("4", (), ("user_id", "view")),
    "views.push": MethodFacts("4", (), ("trigger_id", "view")),
    "views.update": MethodFacts("4", (), ("view",)),
}
