"""What tickets teach that were closed since the bundle was made."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "recent_tickets",
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("encoder", sa.String(64), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("closed_at", sa.String(27), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("bundle", sa.String(80), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("reads_like", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_recent_tickets_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "encoder", name=op.f("pk_recent_tickets")),
        sa.UniqueConstraint("change", name=op.f("uq_recent_tickets_change")),
    )
    op.create_index("ix_recent_tickets_closed_at", "recent_tickets", ["closed_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("recent_tickets")
