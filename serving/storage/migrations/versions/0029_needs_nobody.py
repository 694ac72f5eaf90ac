"""Why a ticket needs nobody: thanks, and what machines write."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the column; of tickets that only machines wrote, earlier versions kept no more than that."""
    op.add_column("tickets", sa.Column("needs_nobody", sa.String(32), nullable=True))
    op.execute(
        sa.text(
            "UPDATE tickets SET needs_nobody = 'notification'"
            " WHERE id IN (SELECT ticket_id FROM ticket_figures WHERE automatic)"
        )
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("tickets", "needs_nobody")
