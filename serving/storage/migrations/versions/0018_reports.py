"""What reports count: figures of tickets, and an index of sessions. The service fills the figures while it runs."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_INDEX = "ix_deflections_reported"
_READ = (
    *("created_at", "eligible", "decision", "outcome", "ended", "ticket_id", "channel", "locale", "visitor"),
    *("origin", "account"),
)


def upgrade() -> None:
    """Add the table and the index."""
    op.create_table(
        "ticket_figures",
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("type", sa.String(200), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("responded_at", sa.String(27), nullable=True),
        sa.Column("response_work", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.String(27), nullable=True),
        sa.Column("resolution_work", sa.Integer(), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("reopens", sa.Integer(), nullable=False),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("labels_applied", sa.Integer(), nullable=False),
        sa.Column("contract", sa.String(8), nullable=False),
        sa.Column("contract_by", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_figures_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_figures")),
    )
    op.create_index(_INDEX, "deflections", list(_READ))


def downgrade() -> None:
    """Drop both."""
    op.drop_index(_INDEX, "deflections")
    op.drop_table("ticket_figures")
