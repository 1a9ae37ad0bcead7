"""The settings by themselves, and what is left of them for the other checks."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot import env_file
from bot.doctor.finding import Finding, fail, ok, warn
from core.errors import ConfigurationError
from core.settings import Problem, Settings, problems

# What stands for a required setting that is missing or wrong, so that the others can be read.
_STAND_INS = {
    "SLACK_BOT_TOKEN": "xoxb-0",
    "SLACK_APP_TOKEN": "xapp-0",
    "SLACK_SIGNING_SECRET": "0" * 32,
}


@dataclass(frozen=True)
class Given:
    """The settings; those named in ``wrong`` are not what the operator wrote, but defaults."""

    settings: Settings
    wrong: frozenset[str]

    def lacks(self, *names: str) -> str | None:
        """Return why a check that needs these cannot be made, or None if it can."""
        found = [name for name in names if name in self.wrong]
        return f"{' and '.join(found)} must be mended first" if found else None


def read() -> tuple[Given, list[Finding]]:
    """Read the settings, with a finding for each that is wrong."""
    found: list[Problem] = []
    values: dict[str, Any] = {}
    unread: set[str] = set()
    try:
        env_file.values()
    except ConfigurationError as error:
        says, _, do = str(error).partition("; ")
        findings = [fail("env_file", says, do)]
        values["_env_file"] = None
        unread = {name.upper() for name in Settings.model_fields} - os.environ.keys()
    else:
        findings = list(_env_file())
    # What is about several settings shows only once each of them is right by itself.
    while new := problems(Settings, **values):
        found += new
        values |= {
            name.lower(): _STAND_INS.get(name, Settings.model_fields[name.lower()].get_default())
            for each in new
            for name in each.names
        }
    names = {name for each in found for name in each.names}
    wrong = [
        fail("settings", each.says, each.do) for each in found if unread.isdisjoint(each.names)
    ]
    fine = [] if unread else [ok("settings", "each of them can be read")]
    return Given(Settings(**values), frozenset(names | unread)), [*(wrong or fine), *findings]


def _env_file() -> Iterator[Finding]:
    file = env_file.PATH
    if file.is_file() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warn("env_file", ".env holds secrets and others may read it", "chmod 600 .env")
