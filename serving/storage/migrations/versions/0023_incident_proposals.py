"""Proposals of incidents: unusual bursts of tickets, and the tickets of each."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "incident_proposals",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("proposed_at", sa.String(27), nullable=False),
        sa.Column("began_at", sa.String(27), nullable=False),
        sa.Column("grew_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("usual_most", sa.Integer(), nullable=False),
        sa.Column("log10_p", sa.Float(), nullable=False),
        sa.Column("senders", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("area", sa.String(200), nullable=True),
        sa.Column("priority", sa.String(8), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("actor", sa.String(200), nullable=True),
        sa.Column("key_id", sa.String(40), nullable=True),
        sa.Column("incident_id", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_proposals")),
    )
    for column in ("grew_at", "incident_id"):
        op.create_index(op.f(f"ix_incident_proposals_{column}"), "incident_proposals", [column])
    op.create_table(
        "incident_proposal_tickets",
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("proposal_id", sa.String(40), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_incident_proposal_tickets_ticket_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["incident_proposals.id"], name=op.f("fk_incident_proposal_tickets_proposal_id")
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_incident_proposal_tickets")),
    )
    op.create_index(op.f("ix_incident_proposal_tickets_proposal_id"), "incident_proposal_tickets", ["proposal_id"])


def downgrade() -> None:
    """Drop both."""
    op.drop_table("incident_proposal_tickets")
    op.drop_table("incident_proposals")
