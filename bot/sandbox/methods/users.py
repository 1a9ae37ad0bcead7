"""Methods about people."""

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call
from bot.sandbox.methods.paging import page
from bot.sandbox.objects import channel_object, user_object
from bot.sandbox.records import Json, Person


def _user(call: Call, person: Person) -> Json:
    may_see = "users:read.email" in call.context.manifest.scopes
    return user_object(call.workspace, person, with_email=may_see)


def info(call: Call) -> Json:
    return {"user": _user(call, call.workspace.person(call.text("user")))}


def list_all(call: Call) -> Json:
    found, following = page(call, list(call.workspace.people.values()), lambda person: person.id)
    return {
        "members": [_user(call, person) for person in found],
        "cache_ts": 1700000000,
        "response_metadata": {"next_cursor": following},
    }


def lookup_by_email(call: Call) -> Json:
    wanted = call.text("email").casefold()
    for person in call.workspace.people.values():
        if person.email.casefold() == wanted and not person.deleted:
            return {"user": _user(call, person)}
    raise SlackError("users_not_found")


def conversations(call: Call) -> Json:
    """The channels a person (the bot, if none is named) is in and the bot may know of."""
    kinds = call.kinds()
    bot = call.workspace.bot.id
    user = call.text("user") or bot
    call.workspace.person(user)
    shared = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in kinds
        and user in channel.members
        and (channel.kind == "channel" or bot in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    found, following = page(call, shared, lambda channel: channel.id)
    return {
        "channels": [channel_object(call.workspace, channel) for channel in found],
        "response_metadata": {"next_cursor": following},
    }
