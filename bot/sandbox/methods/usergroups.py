"""Methods about user groups."""

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call
from bot.sandbox.records import Json, Usergroup


def _object(call: Call, group: Usergroup) -> Json:
    body: Json = {
        "id": group.id,
        "team_id": call.workspace.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_delete": 1700000000 if group.is_disabled else 0,
        "user_count": len(group.users),
    }
    return body | ({"users": list(group.users)} if call.flag("include_users") else {})


def list_all(call: Call) -> Json:
    groups = [
        group
        for group in call.workspace.usergroups.values()
        if not group.is_disabled or call.flag("include_disabled")
    ]
    return {"usergroups": [_object(call, group) for group in groups]}


def list_users(call: Call) -> Json:
    group = call.workspace.usergroups.get(call.text("usergroup"))
    if group is None or (group.is_disabled and not call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
