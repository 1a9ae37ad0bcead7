"""Workspaces and the people in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, InWorkspace, utcnow
from storage.types import Json


class Workspace(Base):
    """A Slack team; ``settings`` overrides the environment's defaults."""

    __tablename__ = "workspaces"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Contact(InWorkspace, Base):
    """A requester or an agent. ``name`` is what people read, empty until Slack told it.

    ``is_admin`` is Slack's: an admin or owner of the workspace. ``sees_private`` says that an agent
    is in the channel of private tickets, ``note_hint_at`` when an agent was told what a note is.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "slack_user_id"),
        UniqueConstraint("workspace_id", "email"),
        Index("ix_contacts_is_agent", "workspace_id", "is_agent"),
        Index("ix_contacts_sees_private", "workspace_id", "sees_private"),
    )

    slack_user_id: Mapped[str | None] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str | None] = mapped_column(String(320))
    is_agent: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_guest: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_external: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    sees_private: Mapped[bool] = mapped_column(default=False, server_default=false())
    note_hint_at: Mapped[datetime | None]
    profile_at: Mapped[datetime | None]
