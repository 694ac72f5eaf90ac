"""Questions that an article is known to answer; nobody knows any of those that there are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("articles", sa.Column("asked", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("articles", "asked")
