"""the whole conversation

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-22 01:59:11.253558+00:00
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


@contextmanager
def _altered_tickets() -> Iterator[BatchOperations]:
    """Alter the table, and let SQLite remember which numbers were given away.

    It alters a table by copying it, which would forget AUTOINCREMENT and the numbers of rows that
    are gone: https://www.sqlite.org/autoinc.html
    """
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    name = sa.literal("tickets")
    sequence = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
    last = (
        connection.scalar(sa.select(sequence.c.seq).where(sequence.c.name == name))
        if is_sqlite
        else None
    )
    with op.batch_alter_table("tickets", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        yield batch_op
    if last is not None:
        op.execute(sequence.delete().where(sequence.c.name == name))
        op.execute(sequence.insert().values(name="tickets", seq=last))


def upgrade() -> None:
    """Add admins, who sees private tickets, copies, detours, and one open ticket a thread."""
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.add_column(
            sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("sees_private", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("note_hint_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("messages") as batch_op:
        batch_op.add_column(
            sa.Column("is_joined", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("mirror_ts", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column(
                "file_copies",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )

    with op.batch_alter_table("replies") as batch_op:
        batch_op.add_column(
            sa.Column("is_own_message", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("detour", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("taken_back_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_replies_taken_back_by_id_contacts"),
            "contacts",
            ["taken_back_by_id"],
            ["id"],
        )

    op.create_index("ix_replies_message_id", "replies", ["message_id"])

    with op.batch_alter_table("results") as batch_op:
        batch_op.add_column(sa.Column("read_message_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE results SET read_message_id = (SELECT max(messages.id) FROM messages"
        " WHERE messages.ticket_id = results.ticket_id"
        " AND messages.created_at <= results.created_at)"
    )

    with _altered_tickets() as batch_op:
        batch_op.add_column(sa.Column("opened_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("follows_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("is_followed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("card_hidden", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.drop_constraint(
            batch_op.f("uq_tickets_workspace_id_channel_root_ts"), type_="unique"
        )
        batch_op.create_index("ix_tickets_opened_by_id_id", ["opened_by_id", "id"], unique=False)
        batch_op.create_index(
            "ix_tickets_card", ["workspace_id", "card_channel", "card_ts"], unique=False
        )
        batch_op.create_index(
            "uq_tickets_thread",
            ["workspace_id", "channel", "root_ts"],
            unique=True,
            sqlite_where=sa.text("NOT is_followed"),
            postgresql_where=sa.text("NOT is_followed"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_tickets_follows_id_tickets"), "tickets", ["follows_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_tickets_opened_by_id_contacts"), "contacts", ["opened_by_id"], ["id"]
        )


def downgrade() -> None:
    """Take it back; a ticket that another one follows loses its thread."""
    # Two tickets in one thread cannot be told there: the earlier one gives it up.
    op.execute("UPDATE tickets SET root_ts = NULL WHERE is_followed")
    with _altered_tickets() as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_tickets_opened_by_id_contacts"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_tickets_follows_id_tickets"), type_="foreignkey")
        batch_op.drop_index(
            "uq_tickets_thread",
            sqlite_where=sa.text("NOT is_followed"),
            postgresql_where=sa.text("NOT is_followed"),
        )
        batch_op.drop_index("ix_tickets_card")
        batch_op.drop_index("ix_tickets_opened_by_id_id")
        batch_op.create_unique_constraint(
            batch_op.f("uq_tickets_workspace_id_channel_root_ts"),
            ["workspace_id", "channel", "root_ts"],
        )
        batch_op.drop_column("card_hidden")
        batch_op.drop_column("is_followed")
        batch_op.drop_column("follows_id")
        batch_op.drop_column("opened_by_id")

    with op.batch_alter_table("results") as batch_op:
        batch_op.drop_column("read_message_id")

    op.drop_index("ix_replies_message_id", "replies")
    with op.batch_alter_table("replies") as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_replies_taken_back_by_id_contacts"), type_="foreignkey"
        )
        batch_op.drop_column("taken_back_by_id")
        batch_op.drop_column("taken_back_at")
        batch_op.drop_column("detour")
        batch_op.drop_column("is_own_message")

    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("file_copies")
        batch_op.drop_column("mirror_ts")
        batch_op.drop_column("is_joined")

    with op.batch_alter_table("contacts") as batch_op:
        batch_op.drop_column("note_hint_at")
        batch_op.drop_column("sees_private")
        batch_op.drop_column("is_admin")
