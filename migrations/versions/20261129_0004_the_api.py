"""the API

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-29 23:56:40.411021+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_LISTED_BY = {
    "ix_tickets_category": ["workspace_id", "category", "id"],
    "ix_tickets_priority": ["workspace_id", "priority", "id"],
    "ix_tickets_source": ["workspace_id", "source", "id"],
    "ix_tickets_created_at": ["workspace_id", "created_at"],
}


def _let_delivery_be(states: Sequence[str]) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("replies") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_replies_delivery"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_replies_delivery"), f"delivery IN ({listed})"
        )


def upgrade() -> None:
    """Add tokens, answers that are given twice, own titles, and the indexes of the API's lists."""
    op.create_table(
        "api_tokens",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("scopes", _JSON, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("last_used_at", _MOMENT, nullable=True),
        sa.Column("window_at", _MOMENT, nullable=True),
        sa.Column("window_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_api_tokens_contact_id_contacts")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_api_tokens_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(
        "uq_api_tokens_name",
        "api_tokens",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "api_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("part", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["api_tokens.id"],
            name=op.f("fk_api_answers_token_id_api_tokens"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_answers")),
        sa.UniqueConstraint(
            "token_id", "key", "part", name=op.f("uq_api_answers_token_id_key_part")
        ),
    )
    op.create_index("ix_api_answers_created_at", "api_answers", ["created_at"])
    op.add_column(
        "tickets",
        sa.Column("has_own_title", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute("UPDATE tickets SET has_own_title = (source = 'form')")
    for name, columns in _LISTED_BY.items():
        op.create_index(name, "tickets", columns)
    _let_delivery_be(["queued", "sent", "ready", "failed"])


def downgrade() -> None:
    """Take it back; what was there to be fetched counts as sent, and tokens are gone."""
    op.execute(
        "UPDATE replies SET delivery = 'sent', sent_at = approved_at WHERE delivery = 'ready'"
    )
    _let_delivery_be(["queued", "sent", "failed"])
    for name in _LISTED_BY:
        op.drop_index(name, "tickets")
    op.drop_column("tickets", "has_own_title")
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
