"""Days that reports have counted, and days that changed since, instead of sums of versions; the brand of a session."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_REPORTED = "ix_deflections_reported"
_READ = (
    *("created_at", "eligible", "decision", "outcome", "ended", "ticket_id", "channel", "locale", "visitor"),
    *("origin", "account"),
)
_CONTACTS = "ix_tickets_created_at_account_deflection_id"


def upgrade() -> None:
    """Add both tables and the indexes by which days are read; the service counts the days while it runs."""
    op.create_table(
        "changed_days",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changed_days")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "day_counts",
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("latest", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("part", "day", name=op.f("pk_day_counts")),
    )
    op.create_index("ix_ticket_figures_created_at", "ticket_figures", ["created_at"])
    op.create_index(
        "ix_tickets_created_at_account_deflection_id", "tickets", ["created_at", "account", "deflection_id"]
    )
    op.drop_column("ticket_figures", "version")
    op.add_column("ticket_figures", sa.Column("target", sa.String(8), nullable=True))
    op.add_column("ticket_figures", sa.Column("target_by", sa.String(27), nullable=True))
    op.add_column("ticket_figures", sa.Column("resolved_by", sa.String(200), nullable=True))
    op.add_column("deflections", sa.Column("brand", sa.String(200), nullable=True))
    op.drop_index(_REPORTED, "deflections")
    op.create_index(_REPORTED, "deflections", [*_READ, "brand"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(_REPORTED, "deflections")
    op.create_index(_REPORTED, "deflections", list(_READ))
    op.drop_column("deflections", "brand")
    for column in ("target", "target_by", "resolved_by"):
        op.drop_column("ticket_figures", column)
    op.add_column("ticket_figures", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index(_CONTACTS, "tickets")
    op.drop_index("ix_ticket_figures_created_at", "ticket_figures")
    op.drop_table("day_counts")
    op.drop_table("changed_days")
