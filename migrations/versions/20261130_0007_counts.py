"""counts

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-30 00:26:50.048631+00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the sums of what all processes count."""
    op.create_table(
        "counts",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("labels", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_counts")),
    )


def downgrade() -> None:
    """Take it back; the sums are gone."""
    op.drop_table("counts")
