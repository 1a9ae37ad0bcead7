"""Where links lead: out into the web, or to a message on this very page."""

import re
from urllib.parse import parse_qs, urlencode

from bot.sandbox.page.reader import Reader
from bot.sandbox.page.text import Run, Style, harmless

# https://docs.slack.dev/reference/methods/chat.getPermalink
_PERMALINK = re.compile(
    r"https://(?P<team>[\w-]+)\.slack\.com/archives/(?P<channel>\w+)"
    r"/p(?P<seconds>\d+)(?P<micros>\d{6})(?:\?(?P<query>.*))?"
)


def link(reader: Reader, url: str, text: str = "", style: Style | None = None) -> Run:
    """A link, or its bare text where the URL may not become one."""
    href = _on_this_page(reader, url) or harmless(url)
    return Run(text or url, style or Style(), href=href)


def address(reader: Reader, channel: str, thread: str | None = None) -> str:
    """Where this page shows the channel (and the thread) to the reader."""
    workspace = reader.workspace
    place = workspace.channel(channel)
    query = {
        "person": workspace.person(reader.user).name,
        "channel": workspace.bot.name if place.is_im else place.name,
    }
    return "/?" + urlencode(query | ({"thread": thread} if thread else {}))


def _on_this_page(reader: Reader, url: str) -> str | None:
    """A permalink into this workspace leads to the thread, as in Slack."""
    message = _PERMALINK.fullmatch(url)
    if message is None or message["team"] != reader.workspace.team_domain:
        return None
    if message["channel"] not in reader.workspace.channels:
        return None
    ts = f"{message['seconds']}.{message['micros']}"
    thread = parse_qs(message["query"] or "").get("thread_ts", [ts])[0]
    return address(reader, message["channel"], thread)
