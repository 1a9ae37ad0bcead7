"""What a person finds on the app's Home: their own tickets, and for agents what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from core import channels, contacts, rights
from core.installation import Installation
from storage.repositories import lists, tickets
from storage.repositories.lists import UNRESOLVED, Claim, Some
from storage.tables import Contact, Ticket, utcnow

SHOWN = 10
SHOWN_RESOLVED = 5
LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Home:
    """One person's Home.

    ``own`` are the tickets that they asked for and are open, the newest first, ``resolved`` those
    that were resolved lately. ``work`` is for agents: what waits, by who claimed it, the oldest
    first. ``channels`` are those in which to ask.
    """

    channels: Sequence[str]
    own: Some
    resolved: Sequence[Ticket]
    work: Mapping[Claim, Some] | None


def of_person(session: Session, *, installation: Installation, user_id: str) -> Home:
    """Return what that person may read on their Home now."""
    reader = contacts.known(session, installation=installation, user_id=user_id)
    return Home(
        channels=channels.public_ones(session, installation=installation),
        own=lists.newest(
            session,
            workspace_id=installation.workspace_id,
            contact_id=reader.id,
            only_theirs=True,
            assigned_too=False,
            with_private=False,
            statuses=UNRESOLVED,
            limit=SHOWN,
        ),
        resolved=tickets.resolved_since(
            session, requester_id=reader.id, since=utcnow() - LATELY, limit=SHOWN_RESOLVED
        ),
        work=_work(session, installation, reader) if reader.is_agent else None,
    )


def _work(session: Session, installation: Installation, agent: Contact) -> dict[Claim, Some]:
    return {
        claim: lists.waiting(
            session,
            workspace_id=installation.workspace_id,
            agent_id=agent.id,
            claim=claim,
            with_private=rights.sees_private(agent, installation),
            limit=SHOWN,
        )
        for claim in Claim
    }
