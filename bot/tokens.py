"""The commands about the API's tokens."""

import re
from collections.abc import Sequence
from datetime import timedelta

from humanize import naturaltime

from bot.database import reading, workspace_in, writing
from core import tokens
from core.caller import Scope
from core.contacts import name_of
from core.errors import ConfigurationError, Refusal
from core.settings import DatabaseSettings
from storage.tables import ApiToken, utcnow

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST = timedelta(days=3660)


def create(
    settings: DatabaseSettings, name: str, scopes: Sequence[str], expires: str, agent: str | None
) -> str:
    """Make a token; return what to tell, and the token itself, this once.

    Raises:
        ConfigurationError: something in it cannot be used; the text says what.
    """
    wanted = _scopes(scopes)
    lifetime = _lifetime(expires)
    with writing(settings) as session:
        try:
            made = tokens.create(
                session,
                workspace_id=workspace_in(session).id,
                name=name,
                scopes=wanted,
                expires_at=utcnow() + lifetime if lifetime is not None else None,
                agent=agent,
            )
        except Refusal as error:
            raise ConfigurationError(str(error)) from None
    until = f"{made.token.expires_at:%Y-%m-%d %H:%M} UTC" if made.token.expires_at else "revoked"
    return (
        f"{made.secret}\n\nThis is the token “{made.token.name}” ({', '.join(made.token.scopes)}), "
        f"good until {until}. It is not shown again: keep it where secrets are kept."
    )


def listed(settings: DatabaseSettings) -> list[str]:
    """Return a line a token."""
    with reading(settings) as session:
        found = tokens.listed(session, workspace_id=workspace_in(session).id)
        return [_line(each) for each in found] or ["There are no tokens."]


def revoke(settings: DatabaseSettings, name: str) -> str:
    """Let a token be accepted no more; return what to tell.

    Raises:
        ConfigurationError: there is none of that name.
    """
    with writing(settings) as session:
        try:
            token = tokens.revoke(session, workspace_id=workspace_in(session).id, name=name)
        except Refusal as error:
            raise ConfigurationError(str(error)) from None
    return f"The token “{token.name}” is accepted no more."


def _line(token: ApiToken) -> str:
    now = utcnow()
    if token.revoked_at is not None:
        state = f"revoked {naturaltime(token.revoked_at)}"
    elif token.expires_at is None:
        state = "never expires"
    elif token.expires_at <= now:
        state = f"expired {naturaltime(token.expires_at)}"
    else:
        state = f"expires {naturaltime(token.expires_at)}"
    used = naturaltime(token.last_used_at) if token.last_used_at is not None else "never"
    acts = f", acts as {name_of(token.contact)}" if token.contact.slack_user_id else ""
    return f"{token.name}  {','.join(token.scopes)}{acts}  {state}  last used {used}"


def _scopes(given: Sequence[str]) -> set[Scope]:
    words = {word.strip() for each in given for word in each.split(",")} - {""}
    known = {str(scope) for scope in Scope}
    if not words or not words <= known:
        raise ConfigurationError(f"--scope is one or more of {', '.join(sorted(known))}")
    return {Scope(word) for word in words}


def _lifetime(expires: str) -> timedelta | None:
    if expires == "never":
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", expires.strip().lower())
    lifetime = int(found[1]) * _UNITS[found[2]] if found else LONGEST * 2
    if lifetime > LONGEST:
        raise ConfigurationError(
            "--expires is a time such as 12h, 90d or 52w, ten years at most, or never"
        )
    return lifetime
