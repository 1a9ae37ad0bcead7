"""How the values of settings are read from text. What cannot be read raises ValueError."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    SecretStr,
)
from pydantic_settings import NoDecode

from core.modes import Mode

# Slack's have 32 characters.
SHORTEST_SECRET = 8


def refuse_other_schemes(address: str) -> None:
    """Refuse what is no address of the web."""
    if not re.match(r"https?://", address):
        raise ValueError("it must start with https:// or http://")
    _refuse_malformed(address)


def _refuse_malformed(address: str) -> None:
    try:
        _ = urlsplit(address).port
    except ValueError:  # whose text would repeat what stands there, a password perhaps
        raise ValueError("it is no web address") from None


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def prefixed(prefix: str, kind: str) -> AfterValidator:
    """Refuse a secret that does not begin with what all of its kind begin with."""

    def check(secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        value = secret.get_secret_value().strip()
        if not value.startswith(prefix):
            raise ValueError(f"{kind} starts with {prefix}; is it swapped with another token?")
        if value == prefix:
            raise ValueError(f"nothing stands after {prefix}")
        return secret

    return AfterValidator(check)


def long_enough(secret: SecretStr | None) -> SecretStr | None:
    """Refuse a signing secret that is cut off."""
    if secret is not None and len(secret.get_secret_value().strip()) < SHORTEST_SECRET:
        raise ValueError("it is too short; copy it from Basic Information of your app")
    return secret


def handle(value: str | None) -> str | None:
    """Read ``@it-agents`` as ``it-agents``."""
    return value.strip().removeprefix("@") if value else None


def _with_modes(value: object) -> object:
    """Read ``#help, #it:emoji``: what becomes a ticket in each channel."""
    if not isinstance(value, str):
        return value
    entries = [part.strip() for part in value.split(",") if part.strip()]
    modes: dict[str, Mode] = {}
    for entry in entries:
        name, _, mode = entry.partition(":")
        if mode not in {"", *Mode}:
            raise ValueError(f"{entry} ends in none of :all and :emoji")
        modes[name.strip()] = Mode(mode or Mode.ALL)
    return modes


def local_time(value: object) -> object:
    """Read ``09:00`` as a time of day, and ``off`` as none."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "off":
        return None
    try:
        return datetime.strptime(value.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of any day
    except ValueError:
        raise ValueError("it is a local time such as 09:00, or off") from None


def zone(value: object) -> object:
    """Read the name of a time zone."""
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("it is the name of a time zone such as Europe/Berlin or UTC") from None


def from_json(value: object) -> object:
    """Read JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("it is not valid JSON") from None


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Channels = Annotated[Mapping[str, Mode], NoDecode, BeforeValidator(_with_modes)]
