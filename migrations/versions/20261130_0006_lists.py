"""lists

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-30 00:14:43.914080+00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

UNRESOLVED = sa.text("status <> 'resolved'")
RESOLVED = sa.text("resolved_at IS NOT NULL")


def upgrade() -> None:
    """Let no list take longer because there are more tickets."""
    op.drop_index("ix_tickets_open", "tickets")
    op.drop_index("ix_tickets_requester_id_id", "tickets")
    op.drop_index("ix_tickets_assignee_id_id", "tickets")
    op.create_index(
        "ix_tickets_status",
        "tickets",
        [
            "workspace_id",
            "status",
            "id",
            "private",
            "withdrawn_at",
            "requester_id",
            "assignee_id",
            "created_at",
        ],
    )
    op.create_index(
        "ix_tickets_requester_status",
        "tickets",
        ["requester_id", "status", "id", "private", "withdrawn_at"],
    )
    op.create_index(
        "ix_tickets_assignee_status",
        "tickets",
        ["assignee_id", "status", "id", "private", "withdrawn_at", "requester_id"],
    )
    op.create_index("ix_tickets_requester_created", "tickets", ["requester_id", "created_at"])
    op.create_index(
        "ix_tickets_requester_resolved",
        "tickets",
        ["requester_id", "resolved_at"],
        sqlite_where=RESOLVED,
        postgresql_where=RESOLVED,
    )
    op.create_index("ix_contacts_is_agent", "contacts", ["workspace_id", "is_agent"])
    op.create_index("ix_contacts_sees_private", "contacts", ["workspace_id", "sees_private"])


def downgrade() -> None:
    """Take it back; nothing is lost."""
    op.drop_index("ix_contacts_sees_private", "contacts")
    op.drop_index("ix_contacts_is_agent", "contacts")
    op.drop_index("ix_tickets_requester_resolved", "tickets")
    op.drop_index("ix_tickets_requester_created", "tickets")
    op.drop_index("ix_tickets_assignee_status", "tickets")
    op.drop_index("ix_tickets_requester_status", "tickets")
    op.drop_index("ix_tickets_status", "tickets")
    op.create_index("ix_tickets_assignee_id_id", "tickets", ["assignee_id", "id"])
    op.create_index("ix_tickets_requester_id_id", "tickets", ["requester_id", "id"])
    op.create_index(
        "ix_tickets_open",
        "tickets",
        ["workspace_id", "id"],
        sqlite_where=UNRESOLVED,
        postgresql_where=UNRESOLVED,
    )
