"""Methods about the app itself: its token, its bot, its team, its connections."""

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call
from bot.sandbox.records import Json


def api_test(call: Call) -> Json:
    if error := call.text("error"):
        raise SlackError(error)
    return {"args": call.args}


def auth_test(call: Call) -> Json:
    workspace = call.workspace
    return {
        "url": f"https://{workspace.team_domain}.slack.com/",
        "team": workspace.team_name,
        "user": workspace.bot.name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def bots_info(call: Call) -> Json:
    workspace = call.workspace
    if call.text("bot") not in ("", workspace.bot_id):
        raise SlackError("bot_not_found")
    bot = {
        "id": workspace.bot_id,
        "deleted": False,
        "name": workspace.bot.real_name,
        "updated": 1700000000,
        "app_id": workspace.app_id,
        "user_id": workspace.bot.id,
        "icons": {},
    }
    return {"bot": bot}


def connections_open(call: Call) -> Json:
    if not call.context.manifest.socket_mode:
        raise SlackError("socket_mode_not_enabled")
    host = call.context.url().replace("http://", "ws://", 1)
    ticket = call.context.sockets.issue_ticket()
    return {"url": f"{host}/link?ticket={ticket}&app_id={call.workspace.app_id}"}


def emoji_list(call: Call) -> Json:  # noqa: ARG001 - every method takes a call
    return {"emoji": {}, "cache_ts": "1700000000.000000"}


def team_info(call: Call) -> Json:
    workspace = call.workspace
    team = {
        "id": workspace.team_id,
        "name": workspace.team_name,
        "domain": workspace.team_domain,
        "url": f"https://{workspace.team_domain}.slack.com/",
        "email_domain": "",
        "icon": {"image_default": True},
    }
    return {"team": team}
