"""assigned

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-30 01:40:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

ASSIGNED = sa.text("assignee_id IS NOT NULL")


def upgrade() -> None:
    """Let an agent's newest be read in order; intake, which assigns nobody, pays nothing for it."""
    op.create_index(
        "ix_tickets_assignee",
        "tickets",
        ["assignee_id", "id"],
        sqlite_where=ASSIGNED,
        postgresql_where=ASSIGNED,
    )


def downgrade() -> None:
    """Take it back; nothing is lost."""
    op.drop_index("ix_tickets_assignee", "tickets")
