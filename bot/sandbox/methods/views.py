"""Methods about modals and the App Home."""

from bot.sandbox.blockkit import check_view
from bot.sandbox.errors import SlackError
from bot.sandbox.methods.call import Call
from bot.sandbox.objects import view_object
from bot.sandbox.records import Json, View


def _body(call: Call) -> Json:
    value = call.structure("view")
    if not isinstance(value, dict):
        raise SlackError("invalid_arguments")
    return check_view(value)


def _modal(call: Call) -> Json:
    body = _body(call)
    if body["type"] != "modal":
        raise SlackError("invalid_arguments")
    return body


def _answer(call: Call, view: View) -> Json:
    return {"view": view_object(call.workspace, view)}


def open_modal(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.open"""
    body = _modal(call)
    user, _ = call.context.triggers.spend(call.text("trigger_id"))
    return _answer(call, call.workspace.views.open(user, body))


def push(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.push: only from inside a modal."""
    body = _modal(call)
    user, view_id = call.context.triggers.spend(call.text("trigger_id"))
    if view_id not in {view.id for view in call.workspace.views.stack(user)}:
        raise SlackError("not_found")
    return _answer(call, call.workspace.views.push(user, body))


def update(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.update"""
    body = _body(call)
    views = call.workspace.views
    if view_id := call.text("view_id"):
        view = views.find(view_id)
    else:
        view = views.find_external(call.text("external_id"))
    if view.type != body["type"]:
        raise SlackError("invalid_arguments")
    return _answer(call, views.update(view.id, body, call.text("hash") or None))


def publish(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/views.publish"""
    body = _body(call)
    if body["type"] != "home":
        raise SlackError("invalid_arguments")
    if not call.context.manifest.home_tab:
        raise SlackError("not_enabled")
    user = call.workspace.person(call.text("user_id")).id
    return _answer(call, call.workspace.views.publish(user, body, call.text("hash") or None))
