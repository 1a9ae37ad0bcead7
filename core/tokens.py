"""Tokens of the API: made, looked up, used up, revoked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy.orm import Session

from core.caller import Caller, Scope
from core.contacts import NAME_LIMIT
from core.errors import Denied, Refusal
from core.text import one_line
from storage.repositories import contacts
from storage.repositories import tokens as rows
from storage.tables import ApiToken, Contact, utcnow

# What every token begins with, so that one that was published by mistake is recognised.
PREFIX = "tl_"
WINDOW = timedelta(minutes=1)


class UnusableName(Refusal):
    """The token cannot be called that."""


class UnknownToken(Refusal):
    """There is no token of that name to revoke."""


class MissingScope(Denied):
    """The token has no scope for this."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            f"This needs a token with the scope {scope}. Make one with: "
            f"ticketloop token create NAME --scope {scope}"
        )


class NotAccepted(Refusal):
    """No token that is good was shown; nothing is answered."""


@dataclass(frozen=True)
class Made:
    """A new token. ``secret`` is known this once."""

    token: ApiToken
    secret: str


def create(
    session: Session,
    *,
    workspace_id: int,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    agent: str | None = None,
) -> Made:
    """Make a token that acts as a contact of its own by that name, or as an agent.

    ``agent`` is the Slack user id or the email of one.

    Raises:
        UnusableName: it is empty, taken, or there is no such agent.
    """
    called = one_line(name, NAME_LIMIT)
    if not called:
        raise UnusableName("Give the token a name: it is what the audit and the cards call it.")
    if rows.by_name(session, workspace_id=workspace_id, name=called) is not None:
        raise UnusableName(f"There is a token “{called}”. Revoke it first, or choose another name.")
    contact = (
        _agent(session, workspace_id, agent)
        if agent
        else _own_contact(session, workspace_id, called)
    )
    secret = PREFIX + token_urlsafe(32)
    token = ApiToken(
        workspace_id=workspace_id,
        name=called,
        token_hash=hash_of(secret),
        contact_id=contact.id,
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return Made(token, secret)


def _own_contact(session: Session, workspace_id: int, name: str) -> Contact:
    """Make whom the token acts as. It may do what an agent may: the scopes say how much of it."""
    contact = Contact(
        workspace_id=workspace_id,
        name=name,
        is_agent=True,
        sees_private=True,
        profile_at=utcnow(),
    )
    session.add(contact)
    session.flush()
    return contact


def _agent(session: Session, workspace_id: int, who: str) -> Contact:
    who = who.strip()
    found = (
        contacts.with_email(session, workspace_id=workspace_id, email=who.lower())
        if "@" in who
        else contacts.in_slack(session, workspace_id=workspace_id, user_id=who)
    )
    if found is None or not found.is_agent:
        raise UnusableName(
            f"No agent is known by {one_line(who)}. Give the Slack user id (U…) of one who is in "
            "the triage channel, or in the user group whose members the agents are."
        )
    return found


def hash_of(secret: str) -> str:
    """Return what is kept of a token. It has 256 random bits: there is nothing to guess or salt."""
    return sha256(secret.encode()).hexdigest()


def caller(session: Session, *, workspace_id: int, secret: str) -> Caller:
    """Return who shows that token.

    Raises:
        NotAccepted: it is none, was revoked, or has expired.
    """
    token = rows.by_hash(session, workspace_id=workspace_id, token_hash=hash_of(secret))
    if token is None:
        raise NotAccepted("There is no such token. Make one with: ticketloop token create")
    if token.revoked_at is not None:
        raise NotAccepted("This token was revoked. Make a new one with: ticketloop token create")
    if token.expires_at is not None and token.expires_at <= utcnow():
        raise NotAccepted("This token has expired. Make a new one with: ticketloop token create")
    scopes = frozenset(Scope(each) for each in token.scopes)
    return Caller(contact_id=token.contact_id, token_id=token.id, scopes=scopes)


@dataclass(frozen=True)
class Granted:
    """How many requests may be made now, and how many more are left of the minute after them."""

    requests: int
    left: int


def spend(
    session: Session, *, token_id: int, window_at: datetime, wanted: int, limit: int
) -> Granted:
    """Take up to that many requests out of the token's minute, for all processes; none if it is up.

    Notes the use of the token in the same write.
    """
    token = rows.locked(session, token_id=token_id)
    if token.window_at is None or token.window_at < window_at:
        token.window_at, token.window_used = window_at, 0
    requests = max(0, min(wanted, limit - token.window_used))
    token.window_used += requests
    token.last_used_at = utcnow()
    return Granted(requests, max(0, limit - token.window_used))


def listed(session: Session, *, workspace_id: int) -> Sequence[ApiToken]:
    """Return all tokens with their contacts, the newest last."""
    return rows.all_of(session, workspace_id=workspace_id)


def revoke(session: Session, *, workspace_id: int, name: str) -> ApiToken:
    """Let the token of that name be accepted no more.

    Raises:
        UnknownToken: there is none, or it was revoked before.
    """
    token = rows.by_name(session, workspace_id=workspace_id, name=one_line(name, NAME_LIMIT))
    if token is None:
        raise UnknownToken(f"There is no token “{one_line(name)}”, or it was revoked before.")
    token.revoked_at = utcnow()
    return token
