"""Slack's text format: what people type and what apps send, as Slack keeps it.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re

from bot.sandbox.workspace import Workspace

_CONTROL = re.compile(
    r"<(?:@[UWB]\w+|#[CGD]\w+|!\w+(?:\^[^<>|]*)*|(?:https?|mailto|tel|slack):[^<>|\s]+)(?:\|[^<>]*)?>"
)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_URL = re.compile(r"https?://(?:(?!&[lg]t;)[^\s<>|])*(?!&[lg]t;)[^\s<>|.,;:!?)\]'\"]")
_NAME = re.compile(r"(?<![\w<])@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)")
_CHANNEL = re.compile(r"(?<![\w<])#([a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)")
_BROADCASTS = ("here", "channel", "everyone")


def escape(text: str) -> str:
    """`&`, `<` and `>` as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def normalise(text: str) -> str:
    """What an app sent, as Slack keeps it: entities and controls stay, the rest is escaped."""
    pieces = []
    position = 0
    for control in _CONTROL.finditer(text):
        pieces += [_plain(text[position : control.start()]), control.group()]
        position = control.end()
    return "".join([*pieces, _plain(text[position:])])


def _plain(text: str) -> str:
    escaped = _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    return _URL.sub(lambda url: f"<{url.group()}>", escaped)


def typed(workspace: Workspace, text: str) -> str:
    """What a person typed, as Slack sends it on.

    Names after @ and # and links become control sequences; a control sequence that names a
    real person or channel is taken for the mention it stands for, and anything else is escaped.
    """
    pieces = []
    position = 0
    for control in _CONTROL.finditer(text):
        if not _is_real(workspace, control.group()):
            continue
        pieces += [_typed_plain(workspace, text[position : control.start()]), control.group()]
        position = control.end()
    return "".join([*pieces, _typed_plain(workspace, text[position:])])


def _is_real(workspace: Workspace, control: str) -> bool:
    name = control[2:-1].partition("|")[0]
    return name in workspace.people or name in workspace.channels


def _typed_plain(workspace: Workspace, text: str) -> str:
    people = {person.name: person.id for person in workspace.people.values()}
    channels = {channel.name: channel.id for channel in workspace.channels.values()}

    def mention(match: re.Match[str]) -> str:
        if match[1] in _BROADCASTS:
            return f"<!{match[1]}>"
        return f"<@{people[match[1]]}>" if match[1] in people else match[0]

    def place(match: re.Match[str]) -> str:
        return f"<#{channels[match[1]]}|{match[1]}>" if match[1] in channels else match[0]

    linked = _URL.sub(lambda url: f"<{url.group()}>", escape(text))
    return _CHANNEL.sub(place, _NAME.sub(mention, linked))


def command_text(workspace: Workspace, text: str, *, should_escape: bool) -> str:
    """The text of a slash command; mentions become ids only with `should_escape`.

    https://docs.slack.dev/interactivity/implementing-slash-commands#escaping
    """
    if not should_escape:
        return escape(text)
    named = {person.id: person.name for person in workspace.people.values()}
    return re.sub(
        r"<@(\w+)>",
        lambda match: f"<@{match[1]}|{named.get(match[1], '')}>",
        typed(workspace, text),
    )
