"""Who people are, and who of them is an agent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import EmailStr, TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.announce import home_due
from core.caller import By, Caller
from core.errors import NotAnAgent, Refusal
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.text import one_line
from storage.memory import of_transaction
from storage.repositories import contacts, jobs
from storage.tables import Contact, utcnow

NAME_LIMIT = 80
PROFILE_FRESH = timedelta(hours=24)
_EMAIL = TypeAdapter(EmailStr)


@dataclass(frozen=True)
class Profile:
    """What Slack says of a person."""

    user_id: str
    name: str
    is_guest: bool
    is_external: bool
    is_admin: bool = False


def known(session: Session, *, installation: Installation, user_id: str) -> Contact:
    """Return the contact of a Slack user; on first sight have its name fetched."""
    memory = of_transaction(session)
    if ("known", user_id) not in memory:
        contact = contacts.of_slack_user(
            session, workspace_id=installation.workspace_id, user_id=user_id
        )
        if contact.profile_at is None:
            profile_due(session, contact)
        memory["known", user_id] = contact
    known_contact: Contact = memory["known", user_id]
    return known_contact


def profile_due(session: Session, contact: Contact, *, slot: str = "") -> None:
    """Have Slack asked who a person is, once, or once for each slot."""
    # A bot without a user, as a webhook is, has an id of its own that Slack says nothing about.
    if contact.slack_user_id is None or contact.slack_user_id.startswith("B"):
        return
    enqueue(
        session,
        workspace_id=contact.workspace_id,
        kind=Kind.PROFILE,
        dedupe_key=f"profile:{contact.id}" + (f":{slot}" if slot else ""),
        urgency=Urgency.RECEIPT,
        payload={"user_id": contact.slack_user_id},
    )


def name_bot(contact: Contact, name: str) -> None:
    """Call a bot without a user by the name that came with its message."""
    contact.name = one_line(name, NAME_LIMIT)
    contact.profile_at = utcnow()


def all_known(
    session: Session, *, installation: Installation, user_ids: Collection[str]
) -> dict[str, Contact]:
    """Return the contacts by Slack user id.

    Always in the same order: two transactions that first see the same people never wait for each
    other.
    """
    return {
        user_id: known(session, installation=installation, user_id=user_id)
        for user_id in sorted(user_ids)
    }


def acting(session: Session, *, installation: Installation, by: By) -> Contact:
    """Return the contact of whoever does something."""
    if isinstance(by, Caller):
        return session.get_one(Contact, by.contact_id)
    return known(session, installation=installation, user_id=by)


def agent(
    session: Session, *, installation: Installation, by: By, number: int | None = None
) -> Contact:
    """Return the contact if it is an agent. ``number`` is the ticket that they reach for.

    Raises:
        NotAnAgent: it is not.
    """
    contact = acting(session, installation=installation, by=by)
    if not contact.is_agent:
        raise NotAnAgent(number)
    return contact


def name_of(contact: Contact | None) -> str:
    """Return what to call a person whose name may not be known yet."""
    if contact is None:
        return "somebody"
    return contact.name or contact.email or "somebody"


def learn(session: Session, *, installation: Installation, profile: Profile) -> Contact:
    """Write what Slack says of a person; a guest or somebody from outside is no agent any more."""
    contact = contacts.of_slack_user(
        session, workspace_id=installation.workspace_id, user_id=profile.user_id
    )
    contacts.hold(session, contact_id=contact.id)
    session.refresh(contact)  # a list of agents may have been written until now
    contact.name = one_line(profile.name, NAME_LIMIT)
    contact.is_guest = profile.is_guest
    contact.is_external = profile.is_external
    contact.is_admin = profile.is_admin
    if contact.is_agent and (profile.is_guest or profile.is_external):
        contact.is_agent = False
        _home_due(session, contact, f"guest {utcnow().isoformat()}")
    contact.profile_at = utcnow()
    return contact


def set_agents(
    session: Session,
    *,
    installation: Installation,
    user_ids: Collection[str],
    in_private: Collection[str] = (),
    as_of: datetime | None = None,
) -> None:
    """Make exactly these people the agents, but for guests, external and unknown people.

    ``in_private`` are the people in the channel of private tickets. To be there makes nobody an
    agent: it lets those see private tickets who are. ``as_of`` is when Slack was asked: where the
    list was wanted anew since, that one has the last word, and this one is not written. Nobody
    need have told of those who lost something by it, so their Home is published anew here.
    """
    workspace_id = installation.workspace_id
    contacts.locked_workspace(session, workspace_id=workspace_id)  # one list after the other
    if as_of is not None and jobs.wanted_since(session, kind=Kind.MEMBERSHIP, moment=as_of):
        return
    gone = contacts.set_agents(session, workspace_id=workspace_id, user_ids=user_ids)
    gone |= contacts.set_in_private(session, workspace_id=workspace_id, user_ids=in_private)
    slot = f"membership {utcnow().isoformat()}"
    for user_id in sorted(gone):
        home_due(session, workspace_id=workspace_id, user_id=user_id, slot=slot)


def known_well(
    session: Session, *, installation: Installation, user_ids: Collection[str]
) -> set[str]:
    """Return those of whom Slack told not long ago."""
    return contacts.with_profile_since(
        session,
        workspace_id=installation.workspace_id,
        user_ids=user_ids,
        since=utcnow() - PROFILE_FRESH,
    )


def left_agents(
    session: Session, *, installation: Installation, user_ids: Collection[str], slot: str
) -> None:
    """Take the rights of an agent from people who left the triage channel, or the user group.

    The list is fetched anew, too: one that is being fetched at this moment may still name them.
    """
    contacts.locked_workspace(session, workspace_id=installation.workspace_id)
    for contact in _in_order(session, installation, user_ids):
        contact.is_agent = False
        _home_due(session, contact, slot)
    membership_due(session, installation=installation, slot=slot)


def left_private(session: Session, *, installation: Installation, user_id: str, slot: str) -> None:
    """Take the sight of private tickets from a person who left their channel."""
    contacts.locked_workspace(session, workspace_id=installation.workspace_id)
    for contact in _in_order(session, installation, [user_id]):
        contact.sees_private = False
        _home_due(session, contact, slot)
    membership_due(session, installation=installation, slot=slot)


def _home_due(session: Session, contact: Contact, slot: str) -> None:
    """Have no more shown on the person's Home than what they may still see."""
    if contact.slack_user_id is not None:
        home_due(
            session, workspace_id=contact.workspace_id, user_id=contact.slack_user_id, slot=slot
        )


def _in_order(
    session: Session, installation: Installation, user_ids: Collection[str]
) -> list[Contact]:
    return [
        contacts.of_slack_user(session, workspace_id=installation.workspace_id, user_id=user_id)
        for user_id in sorted(user_ids)
    ]


def membership_due(session: Session, *, installation: Installation, slot: str) -> None:
    """Have the list of agents fetched from Slack, once for each slot."""
    enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.MEMBERSHIP,
        dedupe_key=f"membership:{slot}",
        urgency=Urgency.CLICK,
    )


class UnusableEmail(Refusal):
    """The address cannot be used for this person."""

    field = "email"


def address_of(email: str) -> str:
    """Return the address, normalised.

    Raises:
        UnusableEmail: it is none.
    """
    try:
        return _EMAIL.validate_python(email.strip()).lower()
    except ValidationError:
        raise UnusableEmail(
            "This is not an email address; write one like ana@example.com."
        ) from None


def set_email(session: Session, contact: Contact, email: str, *, actor: Contact) -> None:
    """Give the contact that address, normalised.

    Raises:
        UnusableEmail: it is no address, somebody else has it, or the actor must not replace the
            one that is known.
    """
    if contact.email is not None and actor.id != contact.id and not actor.is_agent:
        raise UnusableEmail(
            "Their address is known already; only they or an agent can change it. Leave this empty."
        )
    address = address_of(email)
    try:
        with session.begin_nested():
            contact.email = address
            session.flush()
    except IntegrityError:
        raise UnusableEmail("Somebody else has this address already.") from None
