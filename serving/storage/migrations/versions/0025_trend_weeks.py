"""The weeks whose trends were looked at, so that each digest is sent once."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "trend_weeks",
        sa.Column("week", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("themes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_trend_weeks")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("trend_weeks")
