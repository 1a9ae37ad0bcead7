"""Slack's dates in text: https://docs.slack.dev/messaging/formatting-message-text#date-formatting."""

import re
from datetime import datetime

from humanize import naturaltime

from bot.sandbox.page.reader import Reader

_TOKEN = re.compile(r"\{(\w+)\}")


def formatted(reader: Reader, seconds: str, pattern: str, fallback: str) -> str:
    """The pattern with its tokens filled in, or the fallback if there is no such moment."""
    if not seconds.isdecimal() or len(seconds) > len("9999999999"):
        return fallback
    moment = reader.moment(seconds)

    def fill(token: re.Match[str]) -> str:
        return _part(reader, moment, seconds, token[1]) or token[0]

    return _TOKEN.sub(fill, pattern)


def _part(reader: Reader, moment: datetime, seconds: str, name: str) -> str | None:
    plain = name.removesuffix("_pretty")
    if name != plain and (near := reader.day(seconds)) in ("Yesterday", "Today", "Tomorrow"):
        return near.lower()
    day, month = moment.day, f"{moment:%B}"
    return {
        "date_num": f"{moment:%Y-%m-%d}",
        "date_slash": f"{moment:%d/%m/%Y}",
        "date": f"{day} {month} {moment.year}",
        "date_short": f"{day} {month[:3]} {moment.year}",
        "date_long": f"{moment:%A}, {day} {month} {moment.year}",
        "day_divider": reader.day(seconds),
        "time": f"{moment:%H:%M}",
        "time_secs": f"{moment:%H:%M:%S}",
        "ago": naturaltime(moment),
    }.get(plain)
