"""Questions about people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from storage.memory import of_transaction
from storage.tables import Contact, Ticket, Workspace
from storage.upsert import insert_if_absent

# Built once, because Slack waits for the answers.
_SETTINGS = select(Workspace.settings).where(Workspace.id == bindparam("workspace_id"))
_OF_SLACK_USER = select(Contact).where(
    Contact.workspace_id == bindparam("workspace_id"),
    Contact.slack_user_id == bindparam("slack_user_id"),
)


def workspace_of(session: Session, *, team_id: str, name: str = "") -> Workspace:
    """Return the workspace of the Slack team, made on first sight."""
    insert_if_absent(session, Workspace, team_id=team_id, name=name)
    return session.scalars(select(Workspace).where(Workspace.team_id == team_id)).one()


def settings_of(session: Session, *, workspace_id: int) -> Mapping[str, Any]:
    """Return what admins chose for the workspace."""
    session.flush()
    found = session.connection().execute(_SETTINGS, {"workspace_id": workspace_id})
    settings: Mapping[str, Any] = found.scalar_one()
    return settings


def locked_workspace(session: Session, *, workspace_id: int) -> Workspace:
    """Return the workspace, locked until the transaction ends, for changing its settings."""
    return session.scalars(
        select(Workspace)
        .where(Workspace.id == workspace_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def hold(session: Session, *, contact_id: int) -> None:
    """Let nobody else do something for that person until the transaction ends.

    Other rows may refer to them meanwhile: no transaction that does waits for this one.
    """
    memory = of_transaction(session)
    # SQLite has one writer at a time: that one holds everybody.
    if ("held", contact_id) in memory or session.get_bind().dialect.name == "sqlite":
        return
    session.execute(
        select(Contact.id).where(Contact.id == contact_id).with_for_update(key_share=True)
    )
    memory["held", contact_id] = True


def only_workspace(session: Session) -> Workspace | None:
    """Return the workspace of this deployment, or None before its first start."""
    return session.scalars(select(Workspace).order_by(Workspace.id).limit(1)).one_or_none()


def of_slack_user(session: Session, *, workspace_id: int, user_id: str) -> Contact:
    """Return the contact of a Slack user, made on first sight."""
    who = {"workspace_id": workspace_id, "slack_user_id": user_id}
    found = session.scalars(_OF_SLACK_USER, who).one_or_none()
    if found is not None:
        return found
    made = insert_if_absent(session, Contact, **who)
    return made or session.scalars(_OF_SLACK_USER, who).one()


def by_id(session: Session, *, workspace_id: int, contact_id: int) -> Contact | None:
    """Return the contact with that number."""
    return session.scalars(
        select(Contact).where(Contact.workspace_id == workspace_id, Contact.id == contact_id)
    ).one_or_none()


def with_email(session: Session, *, workspace_id: int, email: str) -> Contact | None:
    """Return the contact with that address, which is normalised."""
    return session.scalars(
        select(Contact).where(Contact.workspace_id == workspace_id, Contact.email == email)
    ).one_or_none()


def in_slack(session: Session, *, workspace_id: int, user_id: str) -> Contact | None:
    """Return the contact of a Slack user whom the desk knows."""
    who = {"workspace_id": workspace_id, "slack_user_id": user_id}
    return session.scalars(_OF_SLACK_USER, who).one_or_none()


def set_agents(session: Session, *, workspace_id: int, user_ids: Collection[str]) -> set[str]:
    """Make exactly these Slack users the agents; return those who are none any more.

    Guests and external people never are, nor is anybody of whom Slack has not told yet what they
    are.
    """
    is_named = Contact.slack_user_id.in_(user_ids)
    is_agent = is_named & Contact.profile_at.is_not(None) & ~Contact.is_guest & ~Contact.is_external
    changed = session.execute(
        update(Contact)
        .where(
            _either(workspace_id, Contact.is_agent, is_named),
            Contact.slack_user_id.is_not(None),  # whoever only calls the API is in no channel
            Contact.is_agent != is_agent,
        )
        .values(is_agent=is_agent)
        .returning(Contact.slack_user_id, Contact.is_agent),
        execution_options={"synchronize_session": False},
    )
    return {user_id for user_id, is_one in changed if user_id is not None and not is_one}


def _either(
    workspace_id: int, one: SQLColumnExpression[bool], other: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Which people of the workspace are one or the other; each of them is found by an index."""
    return or_(
        and_(Contact.workspace_id == workspace_id, one),
        and_(Contact.workspace_id == workspace_id, other),
    )


def readers_of(session: Session, *, ticket: Ticket) -> Sequence[str]:
    """Return the Slack users who may have been shown the ticket: agents and its requester.

    Always in the same order, so that two who change something for each of them never deadlock.
    """
    found = session.scalars(
        select(Contact.slack_user_id)
        .where(_either(ticket.workspace_id, Contact.is_agent, Contact.id == ticket.requester_id))
        .order_by(Contact.slack_user_id)
    )
    return [user_id for user_id in found if user_id is not None]


def set_in_private(session: Session, *, workspace_id: int, user_ids: Collection[str]) -> set[str]:
    """Note that exactly these Slack users are in the channel of private tickets.

    Returns those who are not any more.
    """
    is_there = Contact.slack_user_id.in_(user_ids)
    changed = session.execute(
        update(Contact)
        .where(
            _either(workspace_id, Contact.sees_private, is_there),
            Contact.slack_user_id.is_not(None),
            Contact.sees_private != is_there,
        )
        .values(sees_private=is_there)
        .returning(Contact.slack_user_id, Contact.sees_private),
        execution_options={"synchronize_session": False},
    )
    return {user_id for user_id, sees in changed if user_id is not None and not sees}


def with_profile_since(
    session: Session, *, workspace_id: int, user_ids: Collection[str], since: datetime
) -> set[str]:
    """Return those of the Slack users of whom Slack told after that moment."""
    found = session.scalars(
        select(Contact.slack_user_id).where(
            Contact.workspace_id == workspace_id,
            Contact.slack_user_id.in_(user_ids),
            Contact.profile_at >= since,
        )
    )
    return {user_id for user_id in found if user_id is not None}
