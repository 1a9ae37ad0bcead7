"""batches

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-29 23:54:05.118412+00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Say how many tickets of a batch are in work at once, where it is shown, and what waits."""
    with op.batch_alter_table("batches") as batch_op:
        batch_op.add_column(
            sa.Column("concurrency", sa.Integer(), server_default="1", nullable=False)
        )
        batch_op.add_column(sa.Column("asked_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("channel", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("message_ts", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_batches_asked_by_id_contacts"), "contacts", ["asked_by_id"], ["id"]
        )
    op.create_table(
        "batch_items",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["batches.id"],
            name=op.f("fk_batch_items_batch_id_batches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_batch_items_ticket_id_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_batch_items")),
    )
    op.create_index("ix_batch_items_batch_id_ticket_id", "batch_items", ["batch_id", "ticket_id"])
    is_open = sa.text("state IN ('pending', 'running')")
    op.create_index(
        "ix_jobs_open_batch",
        "jobs",
        ["batch_id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    """Take it back; running batches lose what waits."""
    op.drop_index("ix_jobs_open_batch", table_name="jobs")
    op.drop_table("batch_items")
    with op.batch_alter_table("batches") as batch_op:
        batch_op.drop_constraint("fk_batches_asked_by_id_contacts", type_="foreignkey")
        for name in ("message_ts", "channel", "asked_by_id", "concurrency"):
            batch_op.drop_column(name)
