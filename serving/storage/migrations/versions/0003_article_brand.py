"""Articles of a brand; existing articles belong to every brand."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("articles", sa.Column("brand", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("articles", "brand")
