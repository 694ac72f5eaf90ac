"""Links between tickets here and in connected helpdesks."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "helpdesk_links",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("remote_id", sa.String(length=80), nullable=True),
        sa.Column("ticket_id", sa.String(length=40), nullable=True),
        sa.Column("arrived", sa.Text, nullable=True),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(length=27), nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_helpdesk_links_ticket_id"),
        sa.UniqueConstraint("connection", "remote_id", name="uq_helpdesk_links_connection_remote_id"),
        sa.UniqueConstraint("connection", "ticket_id", name="uq_helpdesk_links_connection_ticket_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_helpdesk_links_due_at", "helpdesk_links", ["due_at"])
    op.create_table(
        "helpdesk_marks",
        sa.Column("connection", sa.String(length=64), primary_key=True),
        sa.Column("since", sa.String(length=27), nullable=False),
        sa.Column("closed_until", sa.String(length=27), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("helpdesk_marks")
    op.drop_index("ix_helpdesk_links_due_at", "helpdesk_links")
    op.drop_table("helpdesk_links")
