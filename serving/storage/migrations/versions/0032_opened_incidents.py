"""Incidents that people open by hand, and which sessions were told of an incident."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "opened_incidents",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("area", sa.String(200), nullable=True),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opened_incidents")),
    )
    op.create_index(op.f("ix_opened_incidents_ticket_id"), "opened_incidents", ["ticket_id"])
    op.create_index(op.f("ix_opened_incidents_ended_at"), "opened_incidents", ["ended_at"])
    op.create_table(
        "told_sessions",
        sa.Column("deflection_id", sa.String(40), nullable=False),
        sa.Column("incident", sa.String(40), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["deflection_id"], ["deflections.id"], name=op.f("fk_told_sessions_deflection_id")),
        sa.PrimaryKeyConstraint("deflection_id", name=op.f("pk_told_sessions")),
    )
    op.create_index("ix_told_sessions_incident_at", "told_sessions", ["incident", "at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("told_sessions")
    op.drop_table("opened_incidents")
