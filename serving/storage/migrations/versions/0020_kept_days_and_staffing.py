"""The version of a ticket's figures, and the weeks that were looked at for staffing alarms.

The sum of a day's versions tells whether one of its tickets has changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column, in which rows of before keep 0 until their ticket changes, and the table."""
    op.add_column("ticket_figures", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "staffing_weeks",
        sa.Column("week", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("alarms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_staffing_weeks")),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("staffing_weeks")
    op.drop_column("ticket_figures", "version")
